#pragma once

#include <optional>
#include <vector>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/tls_files.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// The certificates of the options, else of the settings, checked; nothing where there are none.
/// Errors: `certificate_invalid`, also where only some are given.
[[nodiscard]] Result<std::optional<TlsFiles>> tls_files(const CommonOptions& common,
                                                        const NodeSettings& settings);

/// The nodes of the options, else of the settings.
[[nodiscard]] std::vector<Endpoint> node_endpoints(const CommonOptions& common,
                                                   const NodeSettings& settings);

} // namespace nexus::llm::cli
