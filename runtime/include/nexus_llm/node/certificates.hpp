#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "nexus_llm/result.hpp"
#include "nexus_llm/tls_files.hpp"

namespace nexus::llm {

/// Makes a certificate authority of one's own: `ca.pem`, to be copied to every machine, and
/// `ca.key`, which stays where it is and makes certificates. The folder is made where it is
/// missing; keys are readable by their owner only. Nothing that exists is overwritten.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<void> make_authority(const std::filesystem::path& folder);

/// Makes `NAME.pem` and `NAME.key` for one machine or program, good for both sides of a connection.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<void> issue_certificate(const std::filesystem::path& folder,
                                             const std::string& name);

/// Checks that the files can be read, belong together, are valid now, and that the authority has
/// signed the certificate: all that CAF would end the program over.
/// Errors: `certificate_invalid`, which says which file and why.
[[nodiscard]] Result<void> check_certificates(const TlsFiles& files);

/// When a certificate ends. It should be renewed a month before.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<std::chrono::sys_seconds>
valid_until(const std::filesystem::path& certificate);
inline constexpr std::chrono::days renewal_time{30};

} // namespace nexus::llm
