// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/role_defaults.hpp"

#include "actors/role/model_settings.hpp"
#include "config/json.hpp"

namespace nexus::llm {

namespace {

bool names_num_ctx(const std::string& options) {
  if (options.empty())
    return false;
  const auto parsed = json::parse(options);
  const auto* window = parsed ? json::find(*parsed, "num_ctx") : nullptr;
  return window != nullptr && window->IsNumber();
}

} // namespace

LLMRequest with_role_defaults(LLMRequest request, AIRole role, const LLMClientConfig& config) {
  const auto& of_role = config.settings(role);
  if (request.model.empty())
    request.model = config.model(role);
  const auto of_model = settings_of_model(config, request.model);
  const bool passes_num_ctx = names_num_ctx(request.raw_options);
  request.raw_options =
      merged_options(merged_options(of_role.options, of_model.load_options), request.raw_options);
  if (!request.num_ctx && !passes_num_ctx)
    request.num_ctx = of_model.num_ctx;
  if (!request.keep_alive.is_set())
    request.keep_alive = of_model.keep_alive;
  if (!request.system && !of_role.system.empty() && !request.raw)
    request.system = of_role.system;
  return request;
}

} // namespace nexus::llm
