// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "actors/internal_interfaces.hpp"
#include "messages/portability_network.hpp"
#include "tests/filled.hpp"

/// The messages between nodes and clients, as bytes: `tests/node/protocols/NUMBER` holds those of a
/// protocol as they were recorded, a line for each, with its name and its bytes in hexadecimal.
namespace nexus::llm::test {

namespace protocol_test {

namespace {

namespace fs = std::filesystem;

// CAF 1.x writes messages in another way.
const boost::unit_test::enable_if<messages_are_checked> recorded;

const fs::path protocols{PROTOCOLS};

constexpr auto recording_command = "record them: NEXUS_LLM_RECORD=1 build/dev/node_tests "
                                   "--run_test=node_protocols";
constexpr auto what_to_do =
    "Nodes and clients that are installed would misread it: raise `node_protocol` in "
    "actors/internal_interfaces.hpp, tell it in CHANGELOG.md, and record the messages anew: "
    "NEXUS_LLM_RECORD=1 build/dev/node_tests --run_test=node_protocols";

/// Messages by their names.
using Recording = std::map<std::string, std::string>;

std::string to_hexadecimal(const std::vector<char>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 0xF];
  }
  return text;
}

std::vector<char> from_hexadecimal(std::string_view text) {
  std::vector<char> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16)));
  return bytes;
}

Recording read(const fs::path& path) {
  Recording recording;
  std::ifstream file{path};
  for (std::string name, bytes; file >> name >> bytes;)
    recording.emplace(name, bytes);
  return recording;
}

void write(const Recording& recording, const fs::path& path) {
  std::ofstream file{path};
  for (const auto& [name, bytes] : recording)
    file << name << ' ' << bytes << '\n';
}

struct Config : caf::actor_system_config {
  /// Without what `setup` says of actors that are not there: those of a recording are none.
  Config() {
    setup_messages(*this);
    add_types<caf::id_block::nexus_llm_internal>(*this);
  }
};

struct Protocol {
  /// Every message that an interface of the network has, with every member filled.
  Recording recording() {
    Recording all;
    record<node_actor>(all, "node");
    record<llm_service>(all, "service");
    record<models_handle>(all, "models");
    record<settings_handle>(all, "settings");
    record<stream_subscriber>(all, "stream");
    record<pull_subscriber>(all, "pull");
    record<supervision_subscriber>(all, "supervision");
    all.emplace("refusal", hexadecimal(caf::make_message(to_plain_error(
                               ErrorCode::node_mismatch, "the client speaks another protocol"))));
    all.emplace("error", hexadecimal(caf::make_message(to_caf_error(filled<LLMError>()))));
    return all;
  }

  [[nodiscard]] std::string hexadecimal(const caf::message& message) {
    return to_hexadecimal(to_bytes(system, message));
  }

  Config config;
  caf::actor_system system{config};

private:
  template <class T> static constexpr bool is_atom_type = std::is_empty_v<T> && !Described<T>;
  template <class T>
  static constexpr bool is_actor = std::is_same_v<T, caf::strong_actor_ptr> || requires {
    typename T::signatures;
  };

  template <class T> static auto value_of() {
    if constexpr (is_atom_type<T> || is_actor<T>)
      return T{};
    else
      return filled<T>();
  }
  template <class T> static std::string name_of() {
    if constexpr (is_atom_type<T>)
      return to_string(T{});
    else if constexpr (is_actor<T>)
      return "actor";
    else if constexpr (Described<T>)
      return std::string{T::type_name};
    else if constexpr (std::is_same_v<T, std::string>)
      return "text";
    else if constexpr (std::is_enum_v<T>)
      return "choice";
    else if constexpr (std::is_arithmetic_v<T>)
      return "number";
    else
      return "list-of-" + name_of<typename T::value_type>();
  }
  template <class... Ts> static std::string names_of() {
    std::string all;
    ((all += (all.empty() ? "" : ",") + name_of<Ts>()), ...);
    return all;
  }

  /// What the handlers of an interface take and return.
  template <class Interface> void record(Recording& all, const std::string& interface) {
    each_signature<Interface>([&]<class Parts>() {
      std::string taken;
      Parts::inputs([&]<class... Inputs>() {
        taken = interface + "(" + names_of<Inputs...>() + ")";
        all.emplace(taken, hexadecimal(caf::make_message(value_of<Inputs>()...)));
      });
      Parts::outputs([&]<class... Outputs>() {
        if constexpr (!(std::is_void_v<Outputs> || ...))
          all.emplace(taken + "->" + names_of<Outputs...>(),
                      hexadecimal(caf::make_message(value_of<Outputs>()...)));
      });
    });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(node_protocols, Protocol, *recorded)

BOOST_AUTO_TEST_CASE(messages_are_as_they_were_recorded_for_their_protocol) {
  const auto path = protocols / std::to_string(node_protocol);
  const auto now = recording();
  if (std::getenv("NEXUS_LLM_RECORD") != nullptr && !fs::exists(path))
    write(now, path);
  BOOST_REQUIRE_MESSAGE(fs::exists(path), "the messages of protocol " << node_protocol
                                                                      << " are not recorded; "
                                                                      << recording_command);
  const auto then = read(path);
  for (const auto& [name, bytes] : now) {
    const auto entry = then.find(name);
    BOOST_TEST((entry != then.end() && entry->second == bytes),
               name << " is not what protocol " << node_protocol << " says. " << what_to_do);
  }
  for (const auto& [name, bytes] : then)
    BOOST_TEST(now.contains(name),
               name << " is gone, which protocol " << node_protocol << " has. " << what_to_do);
}

BOOST_AUTO_TEST_CASE(recorded_messages_are_read) {
  for (const auto& [name, bytes] : read(protocols / std::to_string(node_protocol))) {
    const auto message = from_bytes(system, from_hexadecimal(bytes));
    BOOST_TEST(hexadecimal(message) == bytes, name);
  }
}

BOOST_AUTO_TEST_CASE(nodes_and_clients_of_every_protocol_understand_that_they_differ) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{protocols}) {
    BOOST_TEST_CONTEXT("protocol " << entry.path().filename()) {
      const auto then = read(entry.path());
      // The question of a client, whatever it asks for later.
      const auto hello = from_bytes(system, from_hexadecimal(then.at("node(hello,number)")));
      BOOST_TEST((hello.match_elements<hello_atom, std::uint32_t>()));
      // The answer of a node that does not speak its protocol.
      const auto refusal = from_bytes(system, from_hexadecimal(then.at("refusal")));
      BOOST_REQUIRE(refusal.match_elements<caf::error>());
      BOOST_TEST(to_string(to_llm_error(refusal.get_as<caf::error>(0)).code) == "node_mismatch");
      ++count;
    }
  }
  BOOST_TEST(count > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace protocol_test

} // namespace nexus::llm::test
