// SPDX-License-Identifier: BSD-3-Clause
// Whatever a peer sends to a node is refused before CAF sees it, refused by CAF, or a message that
// is read as it is written.
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/forwarding_actor_proxy.hpp>
#include <caf/make_actor.hpp>
#include <caf/message.hpp>
#include <caf/proxy_registry.hpp>
#include <caf/scoped_execution_unit.hpp>

#include <memory>
#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "messages/portability_types.hpp"
#include "nexus_llm/setup.hpp"
#include "tests/fuzz/property.hpp"
#include "tests/node/basp.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;
namespace basp = nexus::llm::test::basp;

namespace {

struct Config : caf::actor_system_config {
  Config() {
    setup(*this);
    set("scheduler.max-threads", 1);
  }
};

/// A process whose peers have an actor of each number.
class Process : caf::proxy_registry::backend {
public:
  Process() : system_{config_}, context_{&system_}, proxies_{system_, *this} {
    context_.proxy_registry_ptr(&proxies_);
    types_ = network_types(config_);
  }

  [[nodiscard]] PeerGuard guard(PeerGuard::Peer side) const { return {side, own, types_}; }

  /// As CAF reads what a peer sends to an actor.
  [[nodiscard]] bool read(std::string_view bytes, caf::message& message) {
    std::vector<caf::strong_actor_ptr> others;
    caf::binary_deserializer source{&context_, bytes.data(), bytes.size()};
    const auto fault = source(others, message);
    proxies_.clear();
    return !fault;
  }
  [[nodiscard]] std::string write(caf::message& message) {
    std::vector<caf::strong_actor_ptr> nobody;
    std::vector<char> bytes;
    caf::binary_serializer sink{&context_, bytes};
    must(!sink(nobody, message), "what was read can be written");
    return {bytes.begin(), bytes.end()};
  }

  const std::string own = basp::node(1, 'n');
  const std::string peer = basp::node(2, 'p');

private:
  caf::strong_actor_ptr make_proxy(caf::node_id node, caf::actor_id number) override {
    // CAF writes an id of zeros as none.
    if (!node || !node->valid() || number == caf::invalid_actor_id)
      return nullptr;
    caf::actor_config config;
    return caf::make_actor<caf::forwarding_actor_proxy, caf::strong_actor_ptr>(
        number, node, &system_, config, broker_);
  }
  void set_last_hop(caf::node_id*) override {}

  Config config_;
  caf::actor_system system_;
  caf::scoped_execution_unit context_;
  caf::proxy_registry proxies_;
  /// Gets what is sent to actors of peers. It ends at once, so nothing of it stays.
  caf::actor broker_ = system_.spawn([](caf::event_based_actor*) {});
  std::shared_ptr<const PeerGuard::TypeNames> types_;
};

void try_message(Process& process, std::string_view payload) {
  caf::message message;
  if (!process.read(payload, message))
    return;
  static_cast<void>(to_string(message));
  for (std::size_t i = 0; i < message.size(); ++i)
    must(!message.match_element<ComponentsPtr>(i) && !message.match_element<CataloguePtr>(i) &&
             !message.match_element<OrphanedStreamPtr>(i),
         "no pointer comes from another process");
  const auto written = process.write(message);
  caf::message again;
  must(process.read(written, again), "what was written can be read");
  must(process.write(again) == written, "and is the same");
  if (message.match_elements<caf::error>())
    must(!sentence(to_llm_error(message.get_as<caf::error>(0))).empty(), "an error has a sentence");
}

/// Feeds a guard as the connection does: headers and payloads in turn. Returns what it has let
/// through to actors.
std::vector<std::string> pass(PeerGuard& guard, std::string_view bytes) {
  std::vector<std::string> passed;
  while (bytes.size() >= PeerGuard::header_size) {
    const auto header = basp::header_in(bytes);
    if (guard.take(bytes.substr(0, PeerGuard::header_size)))
      return passed;
    bytes.remove_prefix(PeerGuard::header_size);
    must(header.payload > 0 || header.operation == basp::heartbeat,
         "CAF gets what it takes for granted");
    if (header.payload == 0)
      continue;
    if (header.payload > bytes.size())
      return passed;
    const auto payload = bytes.substr(0, header.payload);
    if (guard.take(payload))
      return passed;
    if (header.operation == basp::direct_message)
      passed.emplace_back(payload);
    bytes.remove_prefix(header.payload);
  }
  return passed;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A system of CAF must not outlive the main thread, as a static one would; this one never ends.
  static auto& process = *std::make_unique<Process>().release();
  Input input{data, size};
  const auto choice = input.take_byte();
  auto guard = process.guard(choice % 2 == 0 ? PeerGuard::Peer::client : PeerGuard::Peer::server);
  std::string bytes;
  // Most have introduced themselves; a single message is what is tried most.
  if (choice / 2 % 2 == 0)
    bytes =
        choice % 2 == 0
            ? basp::introduction(process.peer).bytes()
            : basp::Packet{{.operation = basp::server_handshake, .data = 3}, process.peer}.bytes();
  if (choice / 4 % 2 == 0)
    bytes += basp::direct(7, input.rest(), 1, choice / 8 % 2 == 0 ? basp::response | 1 : 1).bytes();
  else
    bytes += input.rest();
  for (const auto& payload : pass(guard, bytes))
    try_message(process, payload);
  return 0;
}
