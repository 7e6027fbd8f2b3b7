#include "actors/role/role_defaults.hpp"

#include "config/config_update.hpp"
#include "config/json.hpp"

namespace nexus::llm {

namespace {

/// The options of the role with those of the request put over them. A text of the request that is
/// no object is kept as it is: validation names it.
std::string merged_options(const std::string& defaults, const std::string& wanted) {
  auto options = json::parse(defaults);
  if (!options || !options->IsObject() || options->ObjectEmpty())
    return wanted;
  if (wanted.empty())
    return defaults;
  const auto patch = json::parse(wanted);
  if (!patch || !patch->IsObject())
    return wanted;
  merge_patch_into(*options, *patch, options->GetAllocator());
  return json::to_text(*options);
}

bool names_num_ctx(const std::string& options) {
  const auto parsed = json::parse(options);
  const auto* window = parsed ? json::find(*parsed, "num_ctx") : nullptr;
  return window != nullptr && window->IsNumber();
}

} // namespace

LLMRequest with_role_defaults(LLMRequest request, AIRole role, const LLMClientConfig& config) {
  const auto& settings = config.settings(role);
  if (request.model.empty())
    request.model = config.model(role);
  const bool passes_num_ctx = names_num_ctx(request.raw_options);
  request.raw_options = merged_options(settings.options, request.raw_options);
  if (!request.num_ctx && !passes_num_ctx)
    request.num_ctx = settings.num_ctx;
  if (request.keep_alive.empty())
    request.keep_alive = settings.keep_alive;
  if (!request.system && !settings.system.empty() && !request.raw)
    request.system = settings.system;
  return request;
}

} // namespace nexus::llm
