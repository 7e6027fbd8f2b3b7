#include "runtime/cli/role_command.hpp"

#include "config/describe_json.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

int run_role_get(const CommonOptions& common, const RoleArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  json::Document document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  for (const auto role : all_roles) {
    if (arguments.role && *arguments.role != role)
      continue;
    const auto model = (*session)->llm().get_model_for_role(role);
    if (!model)
      return (*session)->fail(output, model.error());
    const auto name = std::string{to_string(role)};
    document.AddMember(json::make_string(name, allocator), json::make_string(*model, allocator),
                       allocator);
    if (!output.json())
      output.line(arguments.role ? *model : name + ": " + *model);
  }
  if (output.json())
    output.object(document);
  return output.success();
}

int run_role_set(const CommonOptions& common, const RoleArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  const auto chosen =
      (*session)->llm().set_model_for_role(arguments.role.value_or(common.role), arguments.model);
  if (!chosen)
    return (*session)->fail(output, chosen.error());
  if (output.json())
    output.line(json::describe(*chosen));
  else
    output.message("The " + std::string{to_string(chosen->role)} + " role uses " + chosen->name +
                   " from now on.");
  return output.success();
}

} // namespace nexus::llm::cli
