// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The wire protocol of CAF 0.17 (BASP), as bytes: for peers that are none.
namespace nexus::llm::test::basp {

enum Operation : std::uint8_t {
  server_handshake = 0,
  client_handshake = 1,
  direct_message = 2,
  routed_message = 3,
  monitor_message = 4,
  down_message = 5,
  heartbeat = 6,
};

inline constexpr std::size_t header_size = 32;
inline constexpr std::size_t node_size = 32;
inline constexpr std::uint8_t named_receiver = 1;
inline constexpr std::uint8_t select_connection = 2;
/// The mark of an answer in `Header::data`.
inline constexpr std::uint64_t response = std::uint64_t{1} << 63;

/// A number of so many bytes, the highest first.
inline std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i > 0; value >>= 8)
    bytes[--i] = static_cast<char>(value & 0xFF);
  return bytes;
}

inline std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes)
    value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

/// The length of a list or text.
inline std::string length(std::size_t value) {
  std::string bytes;
  for (; value > 0x7F; value >>= 7)
    bytes += static_cast<char>(0x80 | (value & 0x7F));
  return bytes + static_cast<char>(value);
}

inline std::string text(std::string_view value) { return length(value.size()).append(value); }

/// A text without a terminator, as six bits for each character.
inline std::uint64_t atom(std::string_view name) {
  constexpr std::string_view letters =
      " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::uint64_t value = 0xF;
  for (const char letter : name)
    value = (value << 6) | letters.find(letter);
  return value;
}

/// The id of the node of a process.
inline std::string node(std::uint32_t process, char host) {
  return number(atom("default"), 8) + number(process, 4) + std::string(20, host);
}

/// A message, with the bytes of its values.
inline std::string message(std::string_view types, std::string_view values) {
  return number(0, 2) + text(types) + std::string{values};
}

inline std::string error(std::uint8_t code, std::string_view context) {
  return number(code, 1) + number(atom("nexusllm"), 8) + std::string{context};
}

struct Header {
  std::uint8_t operation = heartbeat;
  std::uint8_t flags = 0;
  std::uint32_t payload = 0;
  std::uint64_t data = 0;
  std::uint64_t sender = 0;
  std::uint64_t receiver = 0;
};

inline std::string to_bytes(const Header& header) {
  return number(header.operation, 1) + number(0, 2) + number(header.flags, 1) +
         number(header.payload, 4) + number(header.data, 8) + number(header.sender, 8) +
         number(header.receiver, 8);
}

inline Header header_in(std::string_view bytes) {
  return {.operation = static_cast<std::uint8_t>(number_in(bytes.substr(0, 1))),
          .flags = static_cast<std::uint8_t>(number_in(bytes.substr(3, 1))),
          .payload = static_cast<std::uint32_t>(number_in(bytes.substr(4, 4))),
          .data = number_in(bytes.substr(8, 8)),
          .sender = number_in(bytes.substr(16, 8)),
          .receiver = number_in(bytes.substr(24, 8))};
}

/// A header with what follows it.
struct Packet {
  Header header;
  std::string payload;

  [[nodiscard]] std::string bytes() const {
    auto sized = header;
    sized.payload = static_cast<std::uint32_t>(payload.size());
    return to_bytes(sized) + payload;
  }
};

/// The packets of what one side has sent, without a last one that is cut.
inline std::vector<Packet> packets_in(std::string_view bytes) {
  std::vector<Packet> packets;
  while (bytes.size() >= header_size) {
    const auto header = header_in(bytes);
    if (bytes.size() - header_size < header.payload)
      break;
    packets.push_back({header, std::string{bytes.substr(header_size, header.payload)}});
    bytes.remove_prefix(header_size + header.payload);
  }
  return packets;
}

/// The introduction of a client.
inline Packet introduction(const std::string& node, std::uint8_t flags = 0) {
  return {.header = {.operation = client_handshake, .flags = flags}, .payload = node};
}

/// A message to an actor, which nobody answers.
inline Packet direct(std::uint64_t receiver, std::string_view content, std::uint64_t sender = 1,
                     std::uint64_t data = 0) {
  return {
      .header = {.operation = direct_message, .data = data, .sender = sender, .receiver = receiver},
      .payload = length(0).append(content)};
}

} // namespace nexus::llm::test::basp
