// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "nexus_llm/result.hpp"
#include "nexus_llm/tls_files.hpp"

namespace nexus::llm {

/// Creates a private certificate authority in `folder`: `ca.pem`, to be copied to every machine,
/// and `ca.key`, the private key that signs certificates. Creates the folder if it is missing. Only
/// the owner may read the keys. Never overwrites a file.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<void> make_authority(const std::filesystem::path& folder);

/// Creates `NAME.pem` and `NAME.key` for one machine or program, valid for both client and server.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<void> issue_certificate(const std::filesystem::path& folder,
                                             const std::string& name);

/// Checks that the files are readable, match each other and are valid now, and that the authority
/// has signed the certificate. CAF terminates the program if one of these conditions does not hold.
/// Errors: `certificate_invalid`, with the file and the reason.
[[nodiscard]] Result<void> check_certificates(const TlsFiles& files);

/// Returns the expiry time of a certificate.
/// Errors: `certificate_invalid`.
[[nodiscard]] Result<std::chrono::sys_seconds>
valid_until(const std::filesystem::path& certificate);
/// How long before its expiry a certificate should be renewed.
inline constexpr std::chrono::days renewal_time{30};

} // namespace nexus::llm
