#pragma once

#include <filesystem>

namespace nexus::llm {

/// What proves to others who this process is, and who they are to it. PEM files.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path authority; ///< the certificate of the authority that both sides trust
};

} // namespace nexus::llm
