// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <openssl/evp.h>

#include <array>
#include <new>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// Returns the SHA-256 of some bytes as 64 lower-case hexadecimal digits.
[[nodiscard]] inline std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{}; // nothing else can fail here
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i)
    text += {digits[digest[i] >> 4U], digits[digest[i] & 0xFU]};
  return text;
}

} // namespace nexus::llm::simulator
