// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/tls_files.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Returns the validated certificates of the options, else of the settings; `nullopt` if there are
/// none.
/// Errors: `certificate_invalid`, also if only some of the files are given.
[[nodiscard]] Result<std::optional<TlsFiles>> tls_files(const CommonOptions& common,
                                                        const NodeSettings& settings);

/// Returns the nodes of the options, else of the settings. None if the options name an Ollama of
/// this machine.
[[nodiscard]] std::vector<Endpoint> node_endpoints(const CommonOptions& common,
                                                   const NodeSettings& settings);

} // namespace nexus::llm::cli
