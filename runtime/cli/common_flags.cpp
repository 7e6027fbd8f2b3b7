// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/common_flags.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <vector>

#include "config/base_url.hpp"
#include "config/node_address.hpp"
#include "config/suggestion.hpp"
#include "runtime/cli/number_option.hpp"

namespace nexus::llm::cli {

namespace {

constexpr double longest_timeout = 7 * 86400.0;

/// Reads a base URL as `OLLAMA_HOST` is read, but an invalid port is a mistake here, not the
/// default.
std::string base_url_of(const std::string& text) {
  const auto url = parse_ollama_host(text, InvalidPort::is_error);
  if (url)
    return url->text();
  // Whether this program may use an address is not a question of how it is written.
  if (url.error().code == ErrorCode::address_not_local)
    return text;
  constexpr std::string_view subject = "the base URL";
  const std::string_view fault = url.error().subject;
  throw CLI::ValidationError(
      "--base-url" + std::string{fault.substr(fault.starts_with(subject) ? subject.size() : 0)});
}

} // namespace

AIRole role_of(const std::string& text) {
  if (const auto role = parse_role(text))
    return *role;
  std::vector<std::string> names;
  for (const auto& role : role_table())
    names.emplace_back(role.name);
  throw CLI::ValidationError(is_no("role", text, nearest(text, names)) + "; the roles are " +
                             role_names());
}

void add_common_options(CLI::App& app, CommonOptions& common) {
  app.set_version_flag("--version", "nexus-llm " NEXUS_LLM_VERSION);
  app.add_option_function<std::string>(
         "-r,--role", [&common](const std::string& text) { common.role = role_of(text); },
         "Role that answers: " + role_names(" or ") + "; the first where none is given")
      ->type_name("ROLE");
  app.add_option("-m,--model", common.model, "Model instead of the role's")->type_name("NAME");
  app.add_option_function<std::string>(
         "--base-url", [&common](const std::string& text) { common.base_url = base_url_of(text); },
         "Where Ollama listens, on this machine; read as OLLAMA_HOST is")
      ->type_name("URL");
  app.add_option_function<std::vector<std::string>>(
         "--connect",
         [&common](const std::vector<std::string>& all) {
           for (const auto& text : all) {
             auto endpoint = parse_endpoint(text);
             if (!endpoint)
               throw CLI::ValidationError("--connect: " + endpoint.error().subject);
             common.nodes.push_back(std::move(*endpoint));
           }
         },
         "Node that does the work (`nexus-llm serve`), instead of this process; repeatable")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  app.add_option("--cert", common.certificate, "Certificate of this program, for other machines")
      ->type_name("FILE");
  app.add_option("--key", common.key, "Its key")->type_name("FILE");
  app.add_option("--ca", common.authority, "The authority that both sides trust")
      ->type_name("FILE");
  app.add_option("--config", common.config_file, "Configuration file")->type_name("FILE");
  app.add_flag("--json", common.json, "Answer in JSON; a stream is one object per line");
  app.add_flag("--no-stream", common.no_stream, "Print the answer when it is complete");
  app.add_flag("--plain", common.plain,
               "Show answers as they are: no line breaks between words, no markdown");
  add_number<double>(app, "--temperature", common.temperature,
                     {.least = 0, .most = 2, .wanted = "a number from 0 to 2"},
                     "0 (repeatable) to 2 (wild)")
      ->type_name("NUMBER");
  add_number<std::int32_t>(app, "--max-tokens", common.max_tokens,
                           {.least = 1,
                            .most = INT32_MAX,
                            .wanted = "a number from 1 to 2147483647, or -1 or -2 (no limit)",
                            .also = {-1, -2}},
                           "Most tokens to generate; -1: no limit")
      ->type_name("N");
  add_number<std::uint32_t>(app, "--num-ctx", common.num_ctx,
                            {.least = 4, .most = 1u << 24, .wanted = "a number from 4 to 16777216"},
                            "Context window in tokens")
      ->type_name("N");
  add_number<std::int64_t>(app, "--seed", common.seed,
                           {.least = INT64_MIN, .most = INT64_MAX, .wanted = "a whole number"},
                           "The same seed repeats an answer")
      ->type_name("N");
  app.add_option("--stop", common.stop, "Text that ends the answer; repeatable")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_option("--system", common.system, "System text instead of the role's")->type_name("TEXT");
  app.add_option("--format", common.format, "Answer form: json, a JSON schema, or @FILE with one")
      ->type_name("FORM");
  app.add_flag("--think", common.think,
               "Let the model think first; --think=low, medium, high, max or false");
  app.add_option("--keep-alive", common.keep_alive,
                 "How long Ollama keeps the model in memory, such as 5m; -1: for ever")
      ->type_name("DURATION");
  app.add_option("--option", common.options, "Any option of Ollama, such as top_k=20; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_number<std::uint32_t>(app, "--logprobs", common.logprobs,
                            {.least = 0, .most = 20, .wanted = "a number from 0 to 20"},
                            "Tell, with --json, how likely each token was, and so many others")
      ->type_name("N");
  app.add_flag("--no-truncate", common.no_truncate,
               "Fail, rather than cut the prompt, where it is too long for the window");
  app.add_flag("--no-shift", common.no_shift,
               "End the answer, rather than forget its beginning, where the window is full");
  add_number<double>(app, "--timeout", common.timeout,
                     {.least = 0.001,
                      .most = longest_timeout,
                      .wanted = "a number of seconds from 0.001 to 604800, or a duration such as "
                                "`1m30s`"},
                     "Longest wait for an answer, or for its next piece", parse_seconds)
      ->type_name("SECONDS");
  app.add_flag("--background", common.background, "Let interactive requests go first");
  app.add_flag("--verbose", common.verbose, "Show statistics, details of errors, and the log");
}

} // namespace nexus::llm::cli
