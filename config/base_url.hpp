// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The validated and normalized address of an Ollama server: `http` or `https`, a host of this
/// machine, no user name, no query. Plain data.
struct BaseUrl {
  std::string scheme; ///< `http` or `https`
  std::string host;   ///< in the form of `canonical_host`, without brackets
  std::uint16_t port = 11434;
  std::string path; ///< prefix without trailing slash; usually empty

  /// Renders the URL, always with a port and without trailing slash.
  [[nodiscard]] std::string text() const;
  bool operator==(const BaseUrl&) const = default;
};

/// Parses and validates a base URL. The scheme defaults to `http`. The port defaults to 11434 if
/// the scheme is missing, and to the port of the scheme otherwise. 0.0.0.0 and [::] mean this
/// machine. Errors: `config_value_invalid` for an invalid base URL, `address_not_local` for another
/// machine. Host names are not resolved (see `place_of_host`): the transport checks the address
/// again when it connects.
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// Returns why a base URL is invalid ("must be ..."), or an empty string.
[[nodiscard]] std::string base_url_fault(std::string_view text);

/// What an invalid port means to `parse_ollama_host`.
enum class InvalidPort : std::uint8_t { is_default, is_error };

/// Parses `OLLAMA_HOST` as the clients of Ollama do: as a base URL, but quotes are removed, an
/// empty value or host means 127.0.0.1, and the default replaces an invalid port, unless `port`
/// says otherwise. Errors: as `parse_base_url`.
[[nodiscard]] Result<BaseUrl> parse_ollama_host(std::string_view value,
                                                InvalidPort port = InvalidPort::is_default);

} // namespace nexus::llm
