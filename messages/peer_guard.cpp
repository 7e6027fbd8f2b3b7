// SPDX-License-Identifier: BSD-3-Clause
#include "messages/peer_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nexus::llm {

namespace {

enum Operation : std::uint8_t {
  server_handshake = 0,
  client_handshake = 1,
  direct_message = 2,
  monitor_message = 4,
  down_message = 5,
  heartbeat = 6,
};

constexpr std::uint8_t named_receiver = 1;

/// The mark of an answer in the number of a message.
constexpr std::uint64_t response_mark = std::uint64_t{1} << 63;

/// A client introduces itself when it connects, and again when it has chosen the connection.
constexpr int max_introductions = 2;

/// The bytes of the id of a node: a name for its kind, the process, the host.
constexpr std::size_t node_size = 8 + 4 + 20;

/// The marks of messages of streams of CAF, which it takes for such without a look at their types.
constexpr std::uint64_t stream_mark = std::uint64_t{1} << 61;

/// An atom as CAF 0.17 writes it: six bits for each character.
constexpr std::uint64_t atom_value(std::string_view name) {
  constexpr std::string_view letters =
      " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::uint64_t value = 0xF;
  for (const char letter : name)
    value = (value << 6) | letters.find(letter);
  return value;
}

constexpr auto usual_node = atom_value("default");
constexpr auto spawn_server = atom_value("SpawnServ");

constexpr std::string_view no_values = "@<>";
constexpr std::string_view error_alone = "@<>+@error";
/// What the nodes of CAF ask each other at first.
constexpr std::string_view question_of_nodes = "@<>+@atom+@atom+@str";
constexpr std::string_view answer_of_nodes = "@<>+@atom+@str+@strong_actor_ptr+@str";

/// The types of CAF that take no more memory than the bytes that were sent, hold no message, and
/// are no pointers: these are only in messages that stay within a process, and in those by which
/// CAF links actors. No floating-point numbers either, since CAF would never finish to write one
/// that is infinite; those within registered types are checked when they are read.
constexpr std::array<std::string_view, 23> flat_types{
    "@actor",  "@actorvec", "@atom",   "@duration", "@i16",    "@i32",      "@i64",       "@i8",
    "@node",   "@str",      "@strmap", "@strset",   "@strvec", "@timespan", "@timestamp", "@u16",
    "@u16str", "@u32",      "@u32str", "@u64",      "@u8",     "@unit",     "bool"};
static_assert(std::ranges::is_sorted(flat_types));

/// Reads numbers and texts as CAF writes them. Sets `good` to false at the end of the bytes.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::string_view take(std::size_t size) {
    good = good && size <= rest.size();
    if (!good)
      return {};
    const auto taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char byte : take(size))
      value = (value << 8) | static_cast<unsigned char>(byte);
    return value;
  }
  std::size_t length() {
    std::size_t value = 0;
    for (unsigned shift = 0; good && shift < 35; shift += 7) {
      const auto byte = number(1);
      value |= static_cast<std::size_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return value;
    }
    good = false;
    return 0;
  }
  /// What stands before the values of a message: the names of their types.
  std::string_view types() {
    const auto kind = number(2);
    good = good && kind == 0;
    return take(length());
  }
};

} // namespace

PeerGuard::PeerGuard(Peer peer, std::string own_node, std::shared_ptr<const TypeNames> types)
    : peer_{peer}, own_node_{std::move(own_node)}, types_{std::move(types)} {}

PeerGuard::Refusal PeerGuard::take(std::string_view bytes) {
  if (!header_)
    return take_header(bytes);
  auto refusal = take_payload(bytes);
  header_.reset();
  return refusal;
}

PeerGuard::Refusal PeerGuard::take_header(std::string_view bytes) {
  Reader reader{bytes};
  Header header;
  header.operation = static_cast<std::uint8_t>(reader.number(1));
  reader.take(2);
  header.flags = static_cast<std::uint8_t>(reader.number(1));
  header.payload = static_cast<std::uint32_t>(reader.number(4));
  header.data = reader.number(8);
  reader.take(8);
  header.receiver = reader.number(8);
  if (!reader.good || !reader.rest.empty())
    return "a header of another size";
  const bool introduces =
      header.operation == server_handshake || header.operation == client_handshake;
  if (node_.empty() != introduces && header.operation != client_handshake)
    return introduces ? "a second introduction" : "a message before its introduction";
  switch (header.operation) {
  case server_handshake:
  case client_handshake:
    if ((header.operation == client_handshake) != (peer_ == Peer::client))
      return "the introduction of the other side";
    if (++introductions_ > max_introductions)
      return "too many introductions";
    break;
  case direct_message:
    if ((header.flags & named_receiver) != 0 && header.receiver != spawn_server)
      return "a message to a service that is not offered";
    if ((header.data & stream_mark) != 0)
      return "a message of a stream of CAF";
    break;
  case monitor_message:
  case down_message:
    break;
  case heartbeat:
    return header.payload == 0 ? Refusal{} : "a heartbeat that says something";
  default:
    return "a message of a kind that nodes do not exchange";
  }
  if (header.payload == 0)
    return "a message that says nothing";
  header_ = header;
  return std::nullopt;
}

PeerGuard::Refusal PeerGuard::take_introduction(std::string_view bytes) {
  Reader reader{bytes};
  const auto node = reader.take(node_size);
  if (Reader kind{node}; kind.number(8) != usual_node || !reader.good)
    return "an introduction without an id";
  if (peer_ == Peer::client && !reader.rest.empty())
    return "an introduction that says too much";
  if (!node_.empty() && node != node_)
    return "an introduction by another id";
  node_ = node;
  return std::nullopt;
}

bool PeerGuard::is_allowed(std::string_view type_name) const {
  return std::ranges::binary_search(flat_types, type_name) || types_->contains(type_name);
}

PeerGuard::Refusal PeerGuard::take_payload(std::string_view bytes) {
  if (bytes.size() != header_->payload)
    return "a message of another size than announced";
  if (header_->operation == server_handshake || header_->operation == client_handshake)
    return take_introduction(bytes);
  Reader reader{bytes};
  std::string_view types = error_alone;
  if (header_->operation == direct_message) {
    if (reader.length() != 0)
      return "a message that others are to pass on";
    types = reader.types();
  } else {
    // Other nodes are neither spoken for nor spoken to.
    if (reader.take(node_size) != node_ || reader.take(node_size) != own_node_)
      return "news of another node";
    if (header_->operation == monitor_message)
      return reader.rest.empty() ? Refusal{} : "news that say too much";
  }
  if (!reader.good)
    return "a message that is cut";
  if ((header_->flags & named_receiver) != 0 && types != question_of_nodes)
    return "a question that is not answered";
  if (types == error_alone) {
    // CAF ends an actor that gets an error as a message of its own.
    if (header_->operation == direct_message && (header_->data & response_mark) == 0)
      return "an error that answers nothing";
    reader.take(1 + 8);
    types = reader.types();
    if (!reader.good)
      return "an error that is cut";
  }
  if (types == answer_of_nodes)
    return std::nullopt;
  if (!types.starts_with(no_values))
    return "a message without types";
  types.remove_prefix(no_values.size());
  while (!types.empty()) {
    const auto name = types.substr(1, types.find('+', 1) - 1);
    if (types.front() != '+' || !is_allowed(name))
      return "a message with a type that nodes do not exchange";
    types.remove_prefix(1 + name.size());
  }
  return std::nullopt;
}

} // namespace nexus::llm
