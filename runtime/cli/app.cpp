// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/app.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/node_address.hpp"
#include "config/suggestion.hpp"
#include "runtime/cli/batch/batch_command.hpp"
#include "runtime/cli/chat/chat_command.hpp"
#include "runtime/cli/commands/certs_command.hpp"
#include "runtime/cli/commands/doctor_command.hpp"
#include "runtime/cli/commands/generate_command.hpp"
#include "runtime/cli/commands/models_command.hpp"
#include "runtime/cli/commands/role_command.hpp"
#include "runtime/cli/commands/script_command.hpp"
#include "runtime/cli/commands/serve_command.hpp"
#include "runtime/cli/commands/sidecar_command.hpp"
#include "runtime/cli/commands/simulate_command.hpp"
#include "runtime/cli/commands/simulated_behaviour.hpp"
#include "runtime/cli/commands/stats_command.hpp"
#include "runtime/cli/common_flags.hpp"
#include "runtime/cli/config/config_command.hpp"
#include "runtime/cli/config/config_edit.hpp"
#include "runtime/cli/demo/demo_command.hpp"
#include "runtime/cli/embed/embed_command.hpp"
#include "runtime/cli/help.hpp"
#include "runtime/cli/json_contract.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/log/log_command.hpp"
#include "runtime/cli/number_option.hpp"
#include "runtime/cli/only_here.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/program.hpp"
#include "runtime/cli/shells/command_description.hpp"
#include "runtime/cli/shells/completion_cases.hpp"
#include "runtime/cli/shells/man_page.hpp"
#include "runtime/cli/shells/shell.hpp"
#include "runtime/cli/top/top_command.hpp"

namespace nexus::llm::cli {

namespace {

constexpr const char* footer =
    "The options above go before or behind any command.\n"
    "Exit codes: 0 fine, 1 a scenario did not pass, a request of a batch failed or --code found "
    "none, 2 wrong\nusage or input, 3 connection, 4 timeout, 5 model, 6 API,\n"
    "7 broken stream, 8 configuration, 9 overload, 10 internal, 130 interrupted.";

/// Adds a command that accepts its options after itself or its parents. `example` are the words
/// behind the command.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example = {}) {
  auto* command = parent.add_subcommand(name, description);
  command->fallthrough();
  command->footer("Example:\n  " + path_of(*command) + (example.empty() ? "" : " " + example));
  return command;
}

int run_version(const CommonOptions& common) {
  Output output{common};
  if (output.json()) {
    output.object(ProgramVersion{NEXUS_LLM_VERSION});
  } else {
    output.line("nexus-llm " NEXUS_LLM_VERSION);
  }
  return output.success();
}

int run_schema(const CommonOptions& common, const std::string& command) {
  Output output{common};
  const auto schema = json_schema(command);
  if (!schema)
    return output.fail(schema.error());
  output.line(*schema);
  return output.success();
}

int run_completions(const CLI::App& app, const CommonOptions& common, const std::string& name) {
  for (const auto& shell : shells())
    if (shell.name == name) {
      Output output{common};
      output.answer(shell.completions(describe(app)));
      return output.success();
    }
  const auto names = shell_names();
  throw CLI::ValidationError(is_no("shell that is known here", name, nearest(name, names)) +
                             "; known are " + joined(names, ", "));
}

/// For commands whose model may see images and call tools.
void add_images_and_tools(CLI::App& command, std::vector<std::string>& images,
                          ToolArguments& tools) {
  command.add_option("--image", images, "Image for a model that sees; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  auto* files = command
                    .add_option("--tool", tools.files,
                                "File with tools that the model may call, as JSON; repeatable")
                    ->type_name("FILE")
                    ->allow_extra_args(false);
  auto* runs = command
                   .add_option("--tool-exec", tools.command,
                               "Answer the calls with what this command prints; without, they are "
                               "printed")
                   ->type_name("COMMAND")
                   ->needs(files);
  add_number<std::uint32_t>(command, "--tool-rounds", tools.rounds,
                            {.least = 1, .most = 1000, .wanted = "a number from 1 to 1000"},
                            "How often the model may call tools; default: 10")
      ->type_name("N")
      ->needs(runs);
  add_number<double>(command, "--tool-timeout", tools.seconds,
                     {.least = 0.001,
                      .most = 86400,
                      .wanted = "a number of seconds from 0.001 to 86400, or a duration such as "
                                "`1m`"},
                     "Longest time of one call; default: 60", parse_seconds)
      ->type_name("SECONDS")
      ->needs(runs);
}

void add_generate(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "generate", "Answer one prompt", "-f notes.txt \"Sum this up\"");
  const auto arguments = std::make_shared<GenerateArguments>();
  command
      ->add_option("prompt", arguments->prompt.words,
                   "The prompt; - stands for stdin, which is added last otherwise")
      ->type_name("");
  command->add_option("-f,--file", arguments->prompt.files, "File to add to the prompt; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_images_and_tools(*command, arguments->images, arguments->tools);
  command->add_flag("--code", arguments->code,
                    "Print only the fenced code of the answer; --code=first or last: one block");
  command->callback(
      [arguments, &common, &exit_code] { exit_code = run_generate(common, *arguments); });
}

void add_chat(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "chat", "Hold a conversation");
  const auto arguments = std::make_shared<ChatArguments>();
  auto* named = command
                    ->add_option("--conversation", arguments->conversation,
                                 "Go on with the conversation of this name, or begin it")
                    ->type_name("NAME");
  command
      ->add_flag("--continue", arguments->continue_last,
                 "Go on with the conversation that was saved last")
      ->excludes(named);
  command->add_flag("--no-history", arguments->no_history,
                    "Keep neither the input nor a conversation without a name");
  add_images_and_tools(*command, arguments->images, arguments->tools);
  command->callback([arguments, &common, &exit_code] { exit_code = run_chat(common, *arguments); });
}

void add_embed(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "embed", "Turn texts into vectors",
                              "-m nomic-embed-text \"A red apple\" \"A green pear\"");
  const auto arguments = std::make_shared<EmbedArguments>();
  command
      ->add_option("texts", arguments->texts,
                   "The texts; - stands for stdin, which is read if no other text is given")
      ->type_name("");
  command->add_option("-f,--file", arguments->files, "File with a text; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  auto* lines = command->add_flag("--lines", arguments->lines,
                                  "Each line of files and stdin is a text of its own");
  command
      ->add_flag("--jsonl", arguments->jsonl,
                 "Each line of files and stdin is JSON: a text, or an object with text and id")
      ->excludes(lines);
  command->add_flag("--binary", arguments->binary,
                    "Write little-endian 32-bit floats, without anything between them");
  add_number(*command, "--dimensions", arguments->dimensions,
             NumberRange<std::uint32_t>{
                 .least = 1, .most = 1u << 20, .wanted = "a number from 1 to 1048576"},
             "Length of each vector; default: the model's")
      ->type_name("N");
  command->callback(
      [arguments, &common, &exit_code] { exit_code = run_embed(common, *arguments); });
}

void add_batch(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "batch", "Answer many prompts, and go on after an interruption",
                              "prompts.jsonl --output answers.jsonl");
  const auto arguments = std::make_shared<BatchArguments>();
  command
      ->add_option("file", arguments->file,
                   "Requests, one JSON object on each line; - stands for stdin")
      ->type_name("")
      ->required();
  auto* output = command
                     ->add_option("-o,--output", arguments->output,
                                  "Append the answers there, and ask only what is missing in it")
                     ->type_name("FILE");
  add_number(
      *command, "--max-concurrent", arguments->max_concurrent,
      NumberRange<std::uint32_t>{.least = 1, .most = 256, .wanted = "a number from 1 to 256"},
      "Requests at the same time; default: limits.maxConcurrent")
      ->type_name("N");
  command->add_flag("--in-order", arguments->in_order,
                    "Write the answers in the order of the requests");
  command
      ->add_flag("--retry-failed", arguments->retry_failed,
                 "Ask the requests again whose failures --output holds")
      ->needs(output);
  command->callback(
      [arguments, &common, &exit_code] { exit_code = run_batch(common, *arguments); });
}

void add_models(CLI::App& app, const CommonOptions& common, int& exit_code) {
  using Action = ModelsArguments::Action;
  auto* models = add_command(app, "models", "See and change what is installed", "list");
  models->require_subcommand(1);
  auto add = [&](const std::string& name, Action action, const std::string& description,
                 const std::string& example) {
    auto* command = add_command(*models, name, description, example);
    const auto arguments = std::make_shared<ModelsArguments>();
    arguments->action = action;
    if (action != Action::list && action != Action::running)
      command
          ->add_option(action == Action::copy ? "source" : "name", arguments->name,
                       "The model, such as llama3.1:8b")
          ->type_name("")
          ->required();
    if (action == Action::copy)
      command->add_option("destination", arguments->destination, "The other name")
          ->type_name("")
          ->required();
    if (action == Action::pull || action == Action::push)
      command->add_flag("--insecure", arguments->insecure,
                        "The registry may be reached without TLS");
    if (action == Action::create) {
      command->add_option("--from", arguments->from, "Model that it is based on")
          ->type_name("NAME");
      command
          ->add_option("--file", arguments->files,
                       "File of weights that it is made of, instead; repeatable")
          ->type_name("FILE")
          ->allow_extra_args(false);
      command->add_option("--template", arguments->prompt_template, "Its prompt template")
          ->type_name("TEXT");
      command->add_option("--quantize", arguments->quantize, "Such as q4_K_M")->type_name("KIND");
      command->footer("--system and --option make the model's own system text and options.\n\n" +
                      command->get_footer());
    }
    command->callback(
        [arguments, &common, &exit_code] { exit_code = run_models(common, *arguments); });
    return command;
  };
  add("list", Action::list, "List the installed models", "")->alias("ls");
  add("check", Action::check, "Tell whether a model is installed (exit code 5: no)", "llama3.1:8b");
  add("show", Action::show, "Tell about a model and what it can do", "llama3.1:8b");
  add("ps", Action::running, "List the models in memory", "");
  add("pull", Action::pull, "Download a model", "llama3.1:8b");
  add("push", Action::push, "Send a model to its registry", "me/mine");
  add("create", Action::create, "Make a model", "mine --from llama3.1:8b --system \"Be brief.\"");
  add("load", Action::load, "Bring a model into memory", "llama3.1:8b --keep-alive 1h");
  add("unload", Action::unload, "Take a model out of memory", "llama3.1:8b");
  add("delete", Action::remove, "Delete a model", "llama3.1:8b")->alias("rm");
  add("copy", Action::copy, "Copy a model under another name", "llama3.1:8b mine")->alias("cp");
}

void add_role(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* role = add_command(app, "role", "See and choose the model of a role", "get");
  role->require_subcommand(1);
  const auto arguments = std::make_shared<RoleArguments>();
  auto take_role = [arguments](const std::string& text) { arguments->role = role_of(text); };

  auto* get = add_command(*role, "get", "Tell which model serves a role, or each", "overseer");
  get->add_option_function<std::string>("role", take_role, role_names(" or "))->type_name("");
  get->callback([arguments, &common, &exit_code] { exit_code = run_role_get(common, *arguments); });

  auto* set =
      add_command(*role, "set", "Choose the model of a role, for good", "overseer llama3.1:8b");
  set->add_option_function<std::string>("role", take_role, role_names(" or "))
      ->type_name("")
      ->required();
  set->add_option("model", arguments->model, "Such as llama3.1:8b")->type_name("")->required();
  set->callback([arguments, &common, &exit_code] { exit_code = run_role_set(common, *arguments); });
}

void add_config(CLI::App& app, const CommonOptions& common, int& exit_code) {
  struct Arguments {
    bool origin = false;
    bool strict = false;
    std::optional<std::string> file;
    std::string key;
    std::string value;
  };
  auto* config = add_command(app, "config", "See and change the settings", "show --origin");
  config->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();

  auto* show = add_command(*config, "show", "Show the settings in force", "--origin");
  show->add_flag("--origin", arguments->origin,
                 "Tell where each comes from: flag, environment, file or default");
  show->callback(
      [arguments, &common, &exit_code] { exit_code = run_config_show(common, arguments->origin); });

  auto* path = add_command(*config, "path", "Tell where the configuration file is");
  path->callback([&common, &exit_code] { exit_code = run_config_path(common); });

  auto* validate =
      add_command(*config, "validate", "Check a configuration file", "--strict config.json");
  validate->add_option("file", arguments->file, "File; default: the one in use")->type_name("");
  validate->add_flag("--strict", arguments->strict,
                     "Fail (exit code 8) for keys that are unknown or given twice, too");
  validate->callback([arguments, &common, &exit_code] {
    exit_code = run_config_validate(common, arguments->file, arguments->strict);
  });

  auto* get =
      add_command(*config, "get", "Show one setting, or a group of them", "models.overseer");
  get->add_option("key", arguments->key, "Such as models.overseer")->type_name("")->required();
  get->callback(
      [arguments, &common, &exit_code] { exit_code = run_config_get(common, arguments->key); });

  auto* edit = add_command(*config, "edit", "Edit the configuration file, and check it");
  edit->callback([&common, &exit_code] { exit_code = run_config_edit(common); });

  auto* set = add_command(*config, "set", "Save a setting", "timeout 5m");
  set->add_option("key", arguments->key, "Such as models.overseer")->type_name("")->required();
  set->add_option("value", arguments->value, "JSON, or bare text where the setting is a text")
      ->type_name("")
      ->required();
  set->callback([arguments, &common, &exit_code] {
    exit_code = run_config_set(common, arguments->key, arguments->value);
  });

  auto* unset = add_command(*config, "unset", "Bring the default of a setting back", "timeout");
  unset->add_option("key", arguments->key, "Such as models.overseer")->type_name("")->required();
  unset->callback(
      [arguments, &common, &exit_code] { exit_code = run_config_unset(common, arguments->key); });
}

void add_log(CLI::App& app, const CommonOptions& common, int& exit_code) {
  struct Arguments {
    LogQuery query{.limit = 20};
    std::string id;
    bool certain = false;
  };
  auto* log = add_command(app, "log", "List past prompts and answers, if log.enabled is set",
                          "--search colour --limit 5");
  const auto arguments = std::make_shared<Arguments>();
  add_number<std::size_t>(*log, "--limit", arguments->query.limit,
                          {.least = 0, .most = 1'000'000, .wanted = "a number from 0 to 1000000"},
                          "Most entries to list, the newest first; 0: all; default: 20")
      ->type_name("N");
  log->add_option("--search", arguments->query.text,
                  "List those with this text in prompt or answer, in any case")
      ->type_name("TEXT");
  log->footer("--role lists those of a role.\n\n" + log->get_footer());
  log->require_subcommand(0, 1);
  log->callback([log, arguments, &app, &common, &exit_code] {
    only_here(common, "log");
    if (!log->get_subcommands().empty())
      return;
    if (app.count("--role") > 0)
      arguments->query.role = common.role;
    exit_code = run_log(common, arguments->query);
  });
  auto* show = add_command(*log, "show", "Show a prompt and its answer as a whole", "3f2a");
  show->add_option("id", arguments->id, "Its id, or the beginning of it; default: the newest")
      ->type_name("");
  show->callback([arguments, &common, &exit_code] {
    only_here(common, "log");
    exit_code = run_log_show(common, arguments->id);
  });
  auto* clear = add_command(*log, "clear", "Delete all entries", "--yes");
  clear->add_flag("--yes", arguments->certain, "Do not ask");
  clear->callback([arguments, &common, &exit_code] {
    only_here(common, "log");
    exit_code = run_log_clear(common, arguments->certain);
  });
}

/// For commands that run until they are asked to terminate.
void add_owner_options(CLI::App& command, OwnerOptions& owner) {
  command.add_flag("--exit-with-parent", owner.with_parent,
                   "End when the process that started this one has ended");
  command.add_flag_callback(
      "--exit-with-stdin", [&owner] { owner.with_stdin = true; },
      "End when stdin closes; so it is where stdin is a pipe");
  command.add_flag_callback(
      "--no-exit-with-stdin", [&owner] { owner.with_stdin = false; }, "Go on when stdin closes");
}

void add_simulate(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "simulate", "Run a simulated Ollama until Ctrl-C",
                              "--port 11436 --model owl:thinking-tools");
  const auto arguments = std::make_shared<SimulateArguments>();
  add_number<std::uint16_t>(*command, "--port", arguments->port,
                            {.least = 0, .most = UINT16_MAX, .wanted = "a number from 0 to 65535"},
                            "Port to listen on; default: any free one")
      ->type_name("N");
  const NumberRange<std::uint32_t> delay{
      .least = 0, .most = 86'400'000, .wanted = "a number of milliseconds from 0 to 86400000"};
  add_number(*command, "--token-delay", arguments->token_delay_ms, delay,
             "Pause before each token; default: 30")
      ->type_name("MS");
  add_number(*command, "--load-delay", arguments->load_delay_ms, delay,
             "Time to load a model; default: 0")
      ->type_name("MS");
  command
      ->add_option("-m,--model", arguments->models, "Models to have; default: those of the roles")
      ->type_name("NAME");
  add_number<std::uint32_t>(*command, "--parallel", arguments->slots,
                            {.least = 1, .most = 1024, .wanted = "a number from 1 to 1024"},
                            "Requests that a model answers at the same time; default: 1")
      ->type_name("N");
  command->add_flag("--tools", arguments->tools,
                    "Let the models call the first tool that is offered; --tools=all: every tool; "
                    "--tools=endless: again and again");
  command->add_flag("--thinking", arguments->thinking, "Let the models think first");
  command
      ->add_option(
          "--fail", arguments->failures,
          "Let requests fail: " + joined(words_of(SimulatedBehaviour::Kind::failure), ", ") +
              "; with =COUNT only the first ones; repeatable")
      ->type_name("FAILURE")
      ->allow_extra_args(false);
  std::string words = "A tag asks one model for it, such as owl:thinking-tools or owl:busy:\n";
  for (const auto& behaviour : simulated_behaviours())
    words += "  " + std::string{behaviour.word} +
             std::string(12 - std::min<std::size_t>(11, behaviour.word.size()), ' ') +
             std::string{behaviour.text} + "\n";
  command->footer(words + "\n" + command->get_footer());
  add_owner_options(*command, arguments->owner);
  command->callback([arguments, &common, &exit_code] {
    only_here(common, "simulate");
    exit_code = run_simulate(common, *arguments);
  });
}

void add_serve(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command =
      add_command(app, "serve", "Do the work for other processes until it is told to end",
                  "--listen 127.0.0.1:11435");
  const auto arguments = std::make_shared<ServeArguments>();
  command
      ->add_option_function<std::string>(
          "--listen",
          [arguments](const std::string& text) {
            auto endpoint = parse_endpoint(text);
            if (!endpoint)
              throw CLI::ValidationError("--listen: " + endpoint.error().subject);
            arguments->listen = std::move(*endpoint);
          },
          "Where to listen; default 127.0.0.1:11435")
      ->type_name("HOST:PORT");
  add_number<double>(*command, "--drain", arguments->drain_seconds,
                     {.least = 0,
                      .most = 86400,
                      .wanted = "a number of seconds from 0 to 86400, or a duration such as `1m`"},
                     "How long requests may still take when it is told to end; default: 30",
                     parse_seconds)
      ->type_name("SECONDS");
  command->add_option("--log-file", arguments->log_file, "Log there, instead of stderr")
      ->type_name("FILE");
  add_owner_options(*command, arguments->owner);
  command->callback([arguments, &common, &exit_code] {
    only_here(common, "serve");
    exit_code = run_serve(common, *arguments);
  });
}

void add_sidecar(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command =
      add_command(app, "sidecar", "Serve a front end over JSON-RPC on stdin and stdout");
  const auto arguments = std::make_shared<SidecarArguments>();
  command
      ->add_option("--listen-unix", arguments->socket,
                   "Serve several front ends on a Unix socket instead")
      ->type_name("PATH");
  command->add_flag("--schema", arguments->schema, "Print the JSON schema of the protocol");
  add_owner_options(*command, arguments->owner);
  command->callback(
      [arguments, &common, &exit_code] { exit_code = run_sidecar(common, *arguments); });
}

void add_certs(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* certs =
      add_command(app, "certs", "Make certificates for nodes and their clients", "init authority");
  certs->require_subcommand(1);
  const auto folder = std::make_shared<std::string>();
  const auto name = std::make_shared<std::string>();
  auto* init =
      add_command(*certs, "init", "Make an authority of your own in a folder", "authority");
  init->add_option("folder", *folder, "Where to make it")->type_name("")->required();
  init->callback([folder, &common, &exit_code] {
    only_here(common, "certs");
    exit_code = run_certs_init(common, *folder);
  });
  auto* issue = add_command(*certs, "issue", "Make a certificate for one machine or program",
                            "authority gpu-box");
  issue->add_option("folder", *folder, "That of the authority")->type_name("")->required();
  issue->add_option("name", *name, "Its name, such as gpu-box")->type_name("")->required();
  issue->callback([folder, name, &common, &exit_code] {
    only_here(common, "certs");
    exit_code = run_certs_issue(common, *folder, *name);
  });
}

void add_watching(CLI::App& app, const CommonOptions& common, int& exit_code) {
  add_command(app, "top", "Watch a node and what it does, with keys to cancel and to unload")
      ->callback([&common, &exit_code] { exit_code = run_top(common); });
  add_command(app, "health", "Tell how the system and its Ollama are")
      ->callback([&common, &exit_code] { exit_code = run_health(common); });
  auto* command =
      add_command(app, "stats", "Tell what the roles have done and are doing", "--watch");
  const auto watch = std::make_shared<bool>(false);
  command->add_flag("-w,--watch", *watch, "Tell it anew every second until Ctrl-C");
  command->callback([watch, &common, &exit_code] { exit_code = run_stats(common, *watch); });
}

void add_script(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = add_command(app, "script", "Play scenarios of messages, or record one",
                              "--record session.json \"Name a colour\"");
  const auto arguments = std::make_shared<ScriptArguments>();
  command
      ->add_option("files", arguments->words,
                   "Scenario files, or directories of them; with --record, prompts")
      ->type_name("");
  command
      ->add_option("--record", arguments->record,
                   "Ask a live Ollama these prompts and write what happens as a scenario")
      ->type_name("FILE");
  command->add_flag("--force", arguments->force,
                    "Let --record write over a file that exists already");
  command->add_flag("--http", arguments->http, "Play over real HTTP against the simulator");
  add_number<std::uint64_t>(*command, "--orders", arguments->orders,
                            {.least = 0, .most = 1'000'000, .wanted = "a number from 0 to 1000000"},
                            "Play in so many other orders of messages, too")
      ->type_name("N");
  command->add_flag("--schema", arguments->schema, "Print the JSON schema of scenario files");
  command->callback([arguments, &common, &exit_code] {
    only_here(common, "script");
    exit_code = run_script(common, *arguments);
  });
}

/// Commands that tell about the program itself.
void add_about(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* help = add_command(app, "help", "Tell how to use a command", "models pull");
  const auto words = std::make_shared<std::vector<std::string>>();
  help->add_option("command", *words, "Command, such as models pull")->type_name("");
  help->callback([words, &app, &common, &exit_code] {
    Output output{common};
    output.answer(help_of(app, *words));
    exit_code = output.success();
  });
  auto* completions =
      add_command(app, "completions", "Print what a shell needs to complete commands and options",
                  "bash > ~/.local/share/bash-completion/completions/nexus-llm");
  const auto shell = std::make_shared<std::string>();
  completions->add_option("shell", *shell, joined(shell_names(), ", "))->type_name("")->required();
  completions->callback(
      [shell, &app, &common, &exit_code] { exit_code = run_completions(app, common, *shell); });
  add_command(app, "man", "Print the manual page", "| man -l -")
      ->callback([&app, &common, &exit_code] {
        Output output{common};
        output.answer(man_page(describe(app), NEXUS_LLM_VERSION));
        exit_code = output.success();
      });
  auto* schema = add_command(
      app, "schema", "Print the JSON schema of what commands write with --json", "models list");
  const auto schema_words = std::make_shared<std::vector<std::string>>();
  schema->add_option("command", *schema_words, "Command, such as models list; default: all")
      ->type_name("");
  schema->callback([schema_words, &common, &exit_code] {
    exit_code = run_schema(common, joined(*schema_words, " "));
  });
  add_command(app, "version", "Tell the version of the program")->callback([&common, &exit_code] {
    exit_code = run_version(common);
  });
}

void add_commands(CLI::App& app, const CommonOptions& common, int& exit_code) {
  app.require_subcommand(1);
  app.footer(footer);
  add_generate(app, common, exit_code);
  add_chat(app, common, exit_code);
  add_embed(app, common, exit_code);
  add_batch(app, common, exit_code);
  add_models(app, common, exit_code);
  add_role(app, common, exit_code);
  add_config(app, common, exit_code);
  add_log(app, common, exit_code);
  add_command(app, "doctor", "Find out what is missing")->callback([&common, &exit_code] {
    exit_code = run_doctor(common);
  });
  add_simulate(app, common, exit_code);
  add_script(app, common, exit_code);
  add_serve(app, common, exit_code);
  add_sidecar(app, common, exit_code);
  add_watching(app, common, exit_code);
  add_certs(app, common, exit_code);
  add_demo_command(app, common, exit_code);
  add_about(app, common, exit_code);
}

} // namespace

int run_app(int argc, char** argv) { return run_program(argc, argv, add_commands); }

} // namespace nexus::llm::cli
