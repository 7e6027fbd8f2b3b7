// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <new>

namespace nexus::llm::simulator {

std::string sha256_hex(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{}; // nothing else can fail here
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", digest[i]);
    text += digits.data();
  }
  return text;
}

} // namespace nexus::llm::simulator
