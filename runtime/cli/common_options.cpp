// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/common_options.hpp"

#include "config/config_file.hpp"

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

} // namespace nexus::llm::cli
