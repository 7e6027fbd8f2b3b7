// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

namespace nexus::llm {

/// The PEM files for mutual TLS: identity of this process, and the authority that verifies its
/// peers.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path authority; ///< certificate of the authority that both sides trust
};

} // namespace nexus::llm
