// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/common_options.hpp"

#include "config/config_file.hpp"
#include "nexus_llm/llm_system.hpp"

namespace nexus::llm::cli {

std::optional<std::chrono::milliseconds> timeout_of(const CommonOptions& common) {
  if (!common.timeout)
    return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>{*common.timeout});
}

ConfigLocation config_location(const CommonOptions& common) {
  std::error_code ignored;
  return find_config(common.config_file, process_environment(),
                     std::filesystem::current_path(ignored));
}

ConfigOverrides config_overrides(const CommonOptions& common) {
  return {.base_url = common.base_url,
          .timeout = timeout_of(common),
          .max_retries = {},
          .max_concurrent = common.max_concurrent};
}

Result<LLMClientConfig> load_settings(const CommonOptions& common) {
  return find_store(common.config_file, config_overrides(common)).and_then([](const auto& store) {
    return store->load();
  });
}

} // namespace nexus::llm::cli
