#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/result.hpp"

namespace nexus::llm {

/// The address of an Ollama server, checked: `http` or `https`, a host on this machine, no user
/// name, no query. Plain data.
struct BaseUrl {
  std::string scheme; ///< `http` or `https`
  std::string host;   ///< without brackets
  std::uint16_t port = 11434;
  std::string path; ///< prefix, without a slash at its end; mostly empty

  /// The text form, without a slash at its end.
  [[nodiscard]] std::string text() const;
  bool operator==(const BaseUrl&) const = default;
};

/// Reads and checks a base URL.
/// Errors: `config_value_invalid` for what is no URL, `address_not_local` for another machine.
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// Whether a host name or address means this machine: `localhost`, names below it, 127.0.0.0/8,
/// ::1. Names are not looked up; the transport checks the address again when it connects.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// Reads `OLLAMA_HOST` as Ollama's own clients do: scheme optional; the port is 11434, or that of
/// the scheme where one is given; 0.0.0.0 and [::] mean this machine.
/// Errors: as `parse_base_url`.
[[nodiscard]] Result<BaseUrl> parse_ollama_host(std::string_view value);

} // namespace nexus::llm
