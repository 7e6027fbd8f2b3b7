// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Decides which messages of a peer CAF may decode. CAF 0.17 takes the bytes of a peer for those of
/// another CAF: a header alone can make it follow a null pointer, a list that announces four
/// billion elements makes it allocate them, errors within errors make it recurse until the stack
/// ends, and a message to link with an actor makes it take any actor for a proxy. So the guard lets
/// through only the messages that peers of this library exchange, with types that can do no such
/// thing.
///
/// It reads headers and what precedes the values of a message, not the values: one pass over a few
/// dozen bytes. Not thread-safe; one for each connection.
class PeerGuard {
public:
  /// The names of the types that programs register with CAF. Their values must be made of flat
  /// values: of no errors and messages.
  using TypeNames = std::set<std::string, std::less<>>;

  /// Who has opened the connection, and so must introduce itself with which message.
  enum class Peer : std::uint8_t {
    client, ///< the peer, which is a client of this process
    server, ///< this process
  };

  /// `own_node`: the id of the node of this process, as CAF writes it.
  PeerGuard(Peer peer, std::string own_node, std::shared_ptr<const TypeNames> types);

  /// The size of a header.
  static constexpr std::size_t header_size = 32;

  /// Takes a header, or the payload that the header before has announced. Returns the reason why
  /// CAF must not see it; nothing more may be taken then.
  [[nodiscard]] std::optional<std::string_view> take(std::string_view bytes);

private:
  /// What a header says, of which the guard must know.
  struct Header {
    std::uint8_t operation = 0;
    std::uint8_t flags = 0;
    std::uint32_t payload = 0;
    std::uint64_t data = 0;
    std::uint64_t receiver = 0;
  };
  using Refusal = std::optional<std::string_view>;

  [[nodiscard]] Refusal take_header(std::string_view bytes);
  [[nodiscard]] Refusal take_payload(std::string_view bytes);
  [[nodiscard]] Refusal take_introduction(std::string_view bytes);
  [[nodiscard]] bool is_allowed(std::string_view type_name) const;

  Peer peer_;
  std::string own_node_;
  std::shared_ptr<const TypeNames> types_;
  std::optional<Header> header_; ///< whose payload comes next
  std::string node_;             ///< the id of the peer's node; empty before its introduction
  int introductions_ = 0;
};

} // namespace nexus::llm
