// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/role_command.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "actors/model_manager/remote_model.hpp"
#include "config/model_name.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/node_options.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

int run_role_get(const CommonOptions& common, const RoleArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  RoleModels models;
  for (const auto role : all_roles()) {
    if (arguments.role && *arguments.role != role)
      continue;
    const auto model = (*session)->llm().get_model_for_role(role);
    if (!model)
      return (*session)->fail(output, model.error());
    const auto name = std::string{to_string(role)};
    models[role] = *model;
    if (!output.json())
      output.line(arguments.role ? *model : name + ": " + *model);
  }
  if (output.json())
    output.object(models);
  return output.success();
}

namespace {

constexpr std::chrono::seconds longest_check{5};

/// Opens the store that `set` changes, with a file that need not exist yet and without retries for
/// Ollama. Returns null if the settings belong to a node.
Result<std::unique_ptr<ConfigStore>> store_to_change(const CommonOptions& common) {
  if (!common.nodes.empty())
    return nullptr;
  auto overrides = config_overrides(common);
  overrides.max_retries = 0;
  if (!overrides.timeout)
    overrides.timeout = longest_check;
  auto store = find_store(common.config_file, std::move(overrides), NamedFile::may_be_new);
  if (store)
    if (const auto config = (*store)->load();
        config && !node_endpoints(common, config->nodes).empty())
      return nullptr;
  return store;
}

/// Warns if a model is not installed or will be rejected. Both are permitted, but probably
/// mistakes.
void tell_if_unusable(Output& output, LLMIntegration& llm, const std::string& model) {
  const auto available = llm.check_model_available(model);
  if (!available)
    return output.message("Whether " + model +
                          " is installed is not known: " + sentence(available.error()));
  const auto config = llm.load_config();
  const auto installed = llm.list_available_models();
  if (!*available) {
    std::vector<std::string> names;
    for (const auto& each : installed.value_or(std::vector<ModelStatus>{}))
      names.push_back(each.name);
    const auto meant = nearest_model(model, names);
    output.warning(model + " is not installed. Get it with `nexus-llm models pull " + model + "`" +
                   (meant.empty() ? "." : "; the nearest that is installed is `" + meant + "`."));
  }
  if (config && installed)
    if (const auto refused = remote_refusal(model, *installed, *config))
      output.warning(sentence(*refused));
}

} // namespace

int run_role_set(const CommonOptions& common, const RoleArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto store = store_to_change(common);
  if (!store)
    return output.fail(store.error());
  auto session = Session::start(common, interrupts, output, {.store = std::move(*store)});
  if (!session)
    return output.fail(session.error());
  auto& llm = (*session)->llm();
  const auto chosen = llm.set_model_for_role(arguments.role.value_or(common.role), arguments.model);
  if (!chosen)
    return (*session)->fail(output, chosen.error());
  if (output.json())
    output.object(*chosen);
  else
    output.message("The " + std::string{to_string(chosen->role)} + " role uses " + chosen->name +
                   " from now on" +
                   (!(*session)->on_nodes() ? ", also in what is running with " +
                                                  config_location(common).path.string() + "."
                                            : "."));
  tell_if_unusable(output, llm, chosen->name);
  return output.success();
}

} // namespace nexus::llm::cli
