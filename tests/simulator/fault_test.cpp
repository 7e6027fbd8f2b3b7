// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(faults)

namespace {

const std::string request = R"({"model":"wren","prompt":"x"})";
const std::string one_shot = R"({"model":"wren","prompt":"x","stream":false})";

struct Server : Simulator {
  Server() : Simulator(with_models()) { set_reply("wren", "one two three four"); }

  Response hit(Fault fault, const std::string& body = request) {
    inject(std::move(fault));
    return post(port(), "/api/generate", body);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(reset_before_response, Server) {
  inject(Fault::reset_before_response());
  SocketClient client(port());
  client.request("POST", "/api/generate", request);
  BOOST_TEST(client.read_all().empty());
  BOOST_TEST(client.was_reset());
  BOOST_TEST(post(port(), "/api/generate", request).complete);
}

BOOST_FIXTURE_TEST_CASE(reset_and_close_after_lines, Server) {
  for (const bool reset : {true, false}) {
    inject(reset ? Fault::reset_after_lines(2) : Fault::close_after_lines(2));
    SocketClient client(port());
    client.request("POST", "/api/generate", request);
    const auto reply = client.read_response();
    BOOST_TEST(!reply.complete);
    BOOST_TEST(reply.chunks.size() == 2U);
    BOOST_TEST(client.was_reset() == reset);
  }
  inject(Fault::close_before_response());
  SocketClient client(port());
  client.request("POST", "/api/generate", request);
  BOOST_TEST(client.read_all().empty());
  BOOST_TEST(!client.was_reset());
}

BOOST_FIXTURE_TEST_CASE(close_mid_chunk, Server) {
  const auto reply = hit(Fault::close_mid_chunk(1));
  BOOST_TEST(!reply.complete);
  BOOST_TEST(reply.chunks.size() == 1U);
  BOOST_TEST(contains(reply.body, "one"));
  BOOST_TEST(reply.body.back() != '\n');
}

BOOST_FIXTURE_TEST_CASE(lines_in_the_stream, Server) {
  auto reply = hit(Fault::end_without_done(2));
  BOOST_TEST(reply.complete);
  BOOST_TEST(reply.lines().size() == 2U);
  reply = hit(Fault::error_line(2, "an error"));
  BOOST_TEST(reply.complete);
  BOOST_TEST(reply.lines().back() == R"({"error":"an error"})");
  BOOST_TEST(reply.lines().size() == 3U);
  reply = hit(Fault::garbage_line(1));
  BOOST_TEST(reply.lines()[1] == "!garbage!");
  BOOST_TEST(contains(reply.lines().back(), R"("done":true)"));
  reply = hit(Fault::malformed_json(1));
  BOOST_TEST(reply.lines()[1].back() != '}');
  reply = hit(Fault::nested_json(5000, 1));
  BOOST_TEST(count_of(reply.lines()[1], "[") == 5000U);
  reply = hit(Fault::invalid_utf8(1));
  BOOST_TEST(contains(reply.lines()[1], "\xFF\xC3\x28"));
  reply = hit(Fault::data_after_done());
  BOOST_TEST(reply.lines().size() == 7U);
  reply = hit(Fault::wrong_types());
  BOOST_TEST(contains(reply.lines()[0], R"("response":7,"done":"no")"));
  BOOST_TEST(counters().faults_fired == 8U);
}

BOOST_FIXTURE_TEST_CASE(one_shot_answers, Server) {
  BOOST_TEST(contains(hit(Fault::no_done(), one_shot).body, R"("done":false)"));
  const auto cut = hit(Fault::malformed_json(), one_shot);
  BOOST_TEST(cut.complete);
  BOOST_TEST(!cut.body.ends_with("}\n"));
  const auto broken = hit(Fault::close_mid_chunk(0), one_shot);
  BOOST_TEST(!broken.complete);
  BOOST_TEST(!broken.body.empty());
  BOOST_TEST(hit(Fault::error_line(0, "x"), one_shot).body == "{\"error\":\"x\"}\n");
}

BOOST_FIXTURE_TEST_CASE(statuses_of_the_test, Server) {
  auto reply = hit(Fault::respond(502, "<html>Bad</html>", "text/html", {{"Via", "proxy"}}));
  BOOST_TEST(reply.status_line == "HTTP/1.1 502 Bad Gateway");
  BOOST_TEST(reply.header("Via") == "proxy");
  BOOST_TEST(reply.body == "<html>Bad</html>");
  BOOST_TEST(hit(Fault::busy(3)).header("Retry-After") == "3");
  BOOST_TEST(hit(Fault::redirect(307, "http://x/")).header("Location") == "http://x/");
  BOOST_TEST(hit(Fault::model_missing("wren")).body == R"({"error":"model 'wren' not found"})");
}

BOOST_FIXTURE_TEST_CASE(stalls_hold_the_slot_until_the_client_leaves, Server) {
  inject(Fault::stall_after_lines(1));
  SocketClient client(port());
  client.request("POST", "/api/generate", request);
  BOOST_TEST(client.read_until("one"));
  BOOST_TEST(wait_until([](const Counters& c) { return c.stalls_begun == 1; }, patience));
  BOOST_TEST(counters().running == 1U);
  client.close();
  BOOST_TEST(wait_until([](const Counters& c) { return c.running == 0 && c.disconnects_seen == 1; },
                        patience));
  BOOST_TEST(hit(Fault::stall_after_lines(1, 20ms)).complete);
  BOOST_TEST(hit(Fault::stall_before_response(20ms)).complete);
  inject(Fault::stall_before_response());
  SocketClient other(port());
  other.request("POST", "/api/generate", request);
  BOOST_TEST(wait_until([](const Counters& c) { return c.stalls_begun == 4; }, patience));
  other.half_close();
  BOOST_TEST(other.read_all().empty());
}

BOOST_FIXTURE_TEST_CASE(huge_line_is_made_while_it_is_sent, Server) {
  constexpr std::size_t size = 8U << 20U;
  const auto reply = hit(Fault::huge_line(size, 1));
  BOOST_TEST(reply.complete);
  BOOST_TEST(reply.lines()[1].size() == size);
  BOOST_TEST(reply.lines()[1].ends_with(R"(x","done":false})"));
  BOOST_TEST(hit(Fault::huge_line(100'000), one_shot).lines()[0].size() == 100'000U);
}

BOOST_FIXTURE_TEST_CASE(framing, Server) {
  set_reply("wren", "caf\xC3\xA9 \xE6\x9D\xB1 end");
  const auto plain = post(port(), "/api/generate", request);
  const auto merged = hit(Fault::merged_chunks());
  BOOST_TEST(merged.chunks.size() == 1U);
  BOOST_TEST(merged.lines().size() == plain.lines().size());
  const auto split = hit(Fault::split_chunks(7));
  BOOST_TEST(split.lines().size() == plain.lines().size());
  for (const auto& chunk : split.chunks)
    BOOST_TEST(chunk.size() <= 7U);
  const auto inside = hit(Fault::split_utf8());
  BOOST_TEST(inside.lines()[0].find("caf\xC3\xA9") != std::string::npos);
  BOOST_TEST((static_cast<unsigned char>(inside.chunks[1][0]) == 0xA9));
  const auto drip = hit(Fault::slow_drip(0ms));
  BOOST_TEST(drip.complete);
}

BOOST_FIXTURE_TEST_CASE(header_flood, Server) {
  const auto reply = hit(Fault::header_flood(50, 100'000));
  BOOST_TEST(count_of(reply.header_names(), "X-Flood-") == 50U);
  BOOST_TEST(reply.complete);
}

BOOST_FIXTURE_TEST_CASE(raw_pieces, Server) {
  inject(Fault::raw({{"HTTP/1.1 200 OK\r\n", 0ms}, {"\r\nhalf", 5ms}}, Fault::Ending::rst));
  SocketClient client(port());
  client.request("POST", "/api/generate", request);
  BOOST_TEST(client.read_all() == "HTTP/1.1 200 OK\r\n\r\nhalf");
  BOOST_TEST(client.was_reset());
  inject(Fault::raw({{"zzz"}}, Fault::Ending::keep_open));
  SocketClient other(port());
  other.request("POST", "/api/generate", request);
  BOOST_TEST(other.read_until("zzz"));
  BOOST_TEST(other.silent_for(20ms));
}

BOOST_FIXTURE_TEST_CASE(faults_hit_only_what_they_match, Server) {
  inject(Fault::busy().on("/api/chat").for_model("owl").after(1).times(2));
  const auto chat = [this](const std::string& model) {
    return post(port(), "/api/chat",
                R"({"stream":false,"model":")" + model +
                    R"(","messages":[{"role":"user","content":"x"}]})")
        .status();
  };
  BOOST_TEST(post(port(), "/api/generate", request).status() == 200);
  BOOST_TEST(chat("wren") == 200);
  BOOST_TEST(chat("owl") == 200);
  BOOST_TEST(chat("owl") == 503);
  BOOST_TEST(chat("owl") == 503);
  BOOST_TEST(chat("owl") == 200);
  inject(Fault::busy().times(0));
  BOOST_TEST(chat("owl") == 503);
  BOOST_TEST(fetch(port(), "GET", "/api/tags").status() == 200);
  clear_faults();
  BOOST_TEST(chat("owl") == 200);
}

BOOST_AUTO_TEST_SUITE_END()
