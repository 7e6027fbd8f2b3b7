#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The address of an Ollama server, checked and in its one form: `http` or `https`, a host of this
/// machine, no user name, no query. Plain data.
struct BaseUrl {
  std::string scheme; ///< `http` or `https`
  std::string host;   ///< as `canonical_host` writes it, without brackets
  std::uint16_t port = 11434;
  std::string path; ///< prefix, without a slash at its end; mostly empty

  /// The text form: the port always there, no slash at its end.
  [[nodiscard]] std::string text() const;
  bool operator==(const BaseUrl&) const = default;
};

/// Reads and checks a base URL. Where the scheme is missing it is `http`, and the port then 11434
/// unless it is given; 0.0.0.0 and [::] mean this machine.
/// Errors: `config_value_invalid` for what is no base URL, `address_not_local` for another machine.
/// Names are not looked up (see `place_of_host`): the transport checks the address again when it
/// connects.
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// What is wrong with a base URL ("must be ..."), or nothing.
[[nodiscard]] std::string base_url_fault(std::string_view text);

/// Reads `OLLAMA_HOST` as Ollama's own clients do: as a base URL, but quotes are taken off, an
/// empty value or host is 127.0.0.1, and a port that is none gives way to the default. Errors: as
/// `parse_base_url`.
[[nodiscard]] Result<BaseUrl> parse_ollama_host(std::string_view value);

} // namespace nexus::llm
