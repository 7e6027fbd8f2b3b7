// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "config/file_io.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/harness/world.hpp"
#include "runtime/sidecar/stream_forwarder.hpp"
#include "tests/cli/child.hpp"

namespace nexus::llm::sidecar::test {

namespace forwarder_test {

namespace {

using cli::test::patience;

/// Answers every request at once, before its stream has ended.
caf::behavior quick_role(caf::event_based_actor*) {
  return {[](generate_streaming_atom, const std::string&, const GenerateOptions& options,
             const stream_subscriber&) {
    return LLMResponse{.id = options.id, .response = "onetwo", .done = true};
  }};
}

/// What a client gets that reads at last, up to a text that must come.
std::string read_until(int descriptor, std::string_view text) {
  std::string all;
  std::array<char, 4096> piece{};
  while (all.find(text) == std::string::npos) {
    pollfd entry{descriptor, POLLIN, 0};
    BOOST_REQUIRE(::poll(&entry, 1, static_cast<int>(patience.count())) == 1);
    const auto count = ::read(descriptor, piece.data(), piece.size());
    BOOST_REQUIRE(count > 0);
    all.append(piece.data(), static_cast<std::size_t>(count));
  }
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_stream_waits_for_a_client_that_reads_late_however_long_ago_it_was_answered) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe(ends.data()) == 0);
  const FileDescriptor output{ends[0]};
  const FileDescriptor input{ends[1]};
  const auto writer = std::make_shared<LineWriter>(input.get(), [] {});
  // Nothing more fits the pipe.
  writer->push(std::string(1u << 20, 'x') + "\n");

  testing::World world{0};
  const auto role = caf::actor_cast<role_handle>(world.system().spawn(quick_role));
  constexpr std::chrono::milliseconds end_limit{10'000};
  const RequestId id{"s"};
  const stream_forwarder forwarder = spawn_state<StreamForwarder>(
      world.system(),
      StreamForwarder::Parts{.id = id,
                             .writer = writer,
                             .role = role,
                             .request =
                                 [id](const stream_subscriber& subscriber) {
                                   GenerateOptions options;
                                   options.id = id;
                                   return caf::make_message(generate_streaming_atom_v,
                                                            std::string{"x"}, options, subscriber);
                                 },
                             .end_limit = end_limit});
  world.settle();
  caf::scoped_actor self{world.system()};
  tell(self.ptr(), forwarder, LLMStreamChunk{.id = id, .model = "m", .response = "one"});
  // Its credit does not come back while nobody reads, though the time for the end is long over.
  world.pass(end_limit * 10);
  const auto first = read_until(output.get(), "\"one\"");
  BOOST_TEST(first.find("llm/end") == std::string::npos);
  tell(self.ptr(), forwarder,
       LLMStreamChunk{.id = id,
                      .seq = 1,
                      .model = "m",
                      .response = "two",
                      .done = true,
                      .final = LLMResponse{.id = id, .response = "onetwo", .done = true}});
  world.settle();
  const auto rest = read_until(output.get(), "llm/end");
  BOOST_TEST(rest.find("\"two\"") != std::string::npos);
}

} // namespace forwarder_test

} // namespace nexus::llm::sidecar::test
