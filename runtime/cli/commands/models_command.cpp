// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/models_command.hpp"

#include <chrono>
#include <filesystem>

#include "runtime/cli/format.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/model_end.hpp"
#include "runtime/cli/request_flags.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/terminal/progress_display.hpp"

namespace nexus::llm::cli {

namespace {

/// The actions; each returns the exit code.
class Models {
public:
  Models(const CommonOptions& common, const ModelsArguments& arguments, Session& session,
         Output& output)
      : common_{common}, arguments_{arguments}, session_{session}, output_{output} {}

  int run() {
    using Action = ModelsArguments::Action;
    auto& llm = session_.llm();
    const auto& name = arguments_.name;
    output_.status("asking Ollama ...");
    switch (arguments_.action) {
    case Action::list:
      return list();
    case Action::check:
      return check();
    case Action::show:
      return show();
    case Action::running:
      return running();
    case Action::pull:
      return transfer(
          [&](const auto& report) {
            return llm.pull_model(ModelTransfer{.model = name, .insecure = arguments_.insecure},
                                  report);
          },
          name + " is installed.");
    case Action::push:
      return transfer(
          [&](const auto& report) {
            return llm.push_model({.model = name, .insecure = arguments_.insecure}, report);
          },
          name + " is sent.");
    case Action::create:
      return create();
    case Action::load:
      if (auto fine = check_keep_alive(common_); !fine)
        return output_.fail(fine.error());
      output_.status("loading " + name + " ...");
      return done(llm.load_model(name, {common_.keep_alive}), name + " is loaded.");
    case Action::unload:
      return done(llm.unload_model(name), name + " is unloaded.");
    case Action::remove:
      return done(llm.delete_model(name), name + " is deleted.");
    case Action::copy:
      return done(llm.copy_model(name, arguments_.destination),
                  name + " is copied to " + arguments_.destination + ".");
    }
    return exit_code(ErrorCategory::internal);
  }

private:
  int list() {
    auto models = session_.llm().list_available_models();
    if (!models)
      return session_.fail(output_, models.error());
    if (output_.json())
      return object(ModelList{std::move(*models)});
    if (models->empty()) {
      output_.message("No model is installed. Get one with `nexus-llm models pull NAME`.");
      return output_.success();
    }
    std::vector<std::vector<std::string>> rows{
        {"NAME", "SIZE", "PARAMETERS", "QUANTIZATION", "MODIFIED"}};
    for (const auto& model : *models) {
      // The size of a remote model is only that of the reference to its machine.
      const auto size = !model.remote_host.empty() ? "at " + model.remote_host
                        : model.size               ? format_bytes(*model.size)
                                                   : "";
      rows.push_back({model.name, size, model.parameter_size, model.quantization,
                      model.modified_at ? format_wall_time(*model.modified_at) : ""});
    }
    return text(format_table(rows));
  }

  int check() {
    const auto& name = arguments_.name;
    const auto available = session_.llm().check_model_available(name);
    if (!available)
      return session_.fail(output_, available.error());
    const LLMError missing{.code = ErrorCode::model_not_found, .subject = name, .model = name};
    if (!output_.json())
      return *available ? text(name + " is installed.\n") : session_.fail(output_, missing);
    output_.object(ModelAvailability{
        name, *available, *available ? std::nullopt : std::optional{error_object(missing)}});
    return *available ? output_.success() : exit_code(ErrorCategory::model);
  }

  int show() {
    const auto details = session_.llm().show_model(arguments_.name);
    if (!details)
      return session_.fail(output_, details.error());
    if (output_.json())
      return object(*details);
    std::string shown;
    auto add = [&shown](std::string label, const std::string& value) {
      if (value.empty())
        return;
      label.resize(16, ' ');
      shown += label + value + "\n";
    };
    auto add_block = [&shown](const std::string& label, const std::string& value) {
      if (!value.empty())
        shown += "\n" + label + "\n" + value + (value.ends_with('\n') ? "" : "\n");
    };
    std::string capabilities;
    for (const auto& capability : details->capabilities)
      capabilities += (capabilities.empty() ? "" : ", ") + capability;
    add("name", details->name);
    add("runs at", details->remote_host);
    add("remote model", details->remote_model);
    add("family", details->family);
    add("parameters", details->parameter_size);
    add("quantization", details->quantization);
    add("context length", details->context_length ? std::to_string(details->context_length) : "");
    add("capabilities", capabilities);
    add("modified", details->modified_at ? format_wall_time(*details->modified_at) : "");
    add_block("Default options", details->parameters);
    add_block("System", details->system);
    add_block("Template", details->prompt_template);
    add_block("License", details->license);
    return text(shown);
  }

  int running() {
    const auto models = session_.llm().running_models();
    if (!models)
      return session_.fail(output_, models.error());
    if (output_.json())
      return object(*models);
    if (models->models.empty()) {
      output_.message("No model is in memory.");
      return output_.success();
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "SIZE", "ON GPU", "CONTEXT", "UNTIL"}};
    for (const auto& model : models->models)
      rows.push_back({model.name, format_bytes(model.size), format_bytes(model.size_vram),
                      model.context_length ? std::to_string(model.context_length) : "",
                      time_of_end(model.expires_at, std::chrono::system_clock::now())});
    return text(format_table(rows));
  }

  template <class Make> int transfer(Make make, const std::string& message) {
    ProgressDisplay display{output_};
    const auto result = make([&](const PullProgress& progress) { display.show(progress); });
    if (result)
      display.complete();
    return done(result, message);
  }

  int create() {
    if (arguments_.from.empty() && arguments_.files.empty())
      return output_.fail({.code = ErrorCode::invalid_argument,
                           .subject =
                               "`models create` makes a model of another (--from NAME) or of "
                               "files (--file FILE)"});
    auto parameters = ollama_options(common_);
    if (!parameters)
      return output_.fail(parameters.error());
    CreateRequest request{.model = arguments_.name,
                          .from = arguments_.from,
                          .prompt_template = arguments_.prompt_template,
                          .system = common_.system.value_or(""),
                          .parameters = std::move(*parameters),
                          .quantize = arguments_.quantize};
    for (const auto& file : arguments_.files) {
      output_.status("giving " + file + " to Ollama ...");
      auto digest = session_.llm().upload_blob(file);
      if (!digest)
        return session_.fail(output_, digest.error());
      request.files.push_back(
          {std::filesystem::path{file}.filename().string(), std::move(*digest)});
    }
    return transfer(
        [&](const auto& report) { return session_.llm().create_model(request, report); },
        arguments_.name + " is made.");
  }

  int done(const Result<void>& result, const std::string& message) {
    if (!result)
      return session_.fail(output_, result.error());
    if (!output_.json()) {
      output_.message(message);
      return output_.success();
    }
    return object(ModelDone{arguments_.name});
  }

  int text(const std::string& shown) {
    output_.answer(shown);
    return output_.success();
  }

  template <class T> int object(const T& value) {
    output_.object(value);
    return output_.success();
  }

  const CommonOptions& common_;
  const ModelsArguments& arguments_;
  Session& session_;
  Output& output_;
};

} // namespace

int run_models(const CommonOptions& common, const ModelsArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  return Models{common, arguments, **session, output}.run();
}

} // namespace nexus::llm::cli
