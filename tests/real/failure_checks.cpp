// SPDX-License-Identifier: BSD-3-Clause
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"
#include "tests/real/stopwatch.hpp"

namespace nexus::llm::real {

namespace {

using namespace std::chrono_literals;

void kill_runners(const OwnServer& server) {
  for (const auto process : server.runners())
    ::kill(process, SIGKILL);
}

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

/// Streams that are accepted at once, two of which are at the server while the others wait.
class Crowd {
public:
  Crowd(Nexus& nexus, int count, std::int32_t tokens) {
    for (int i = 0; i < count; ++i)
      streams_.push_back(std::async(std::launch::async, [this, &nexus, i, tokens] {
        auto options = repeatable(tokens);
        options.raw = true;
        options.bypass_cache = true;
        return nexus->generate_streaming(
            std::to_string(i) + endless_prompt, AIRole::overseer,
            [this](const LLMStreamChunk& chunk) {
              if (!chunk.response.empty())
                ++pieces_;
              return true;
            },
            options);
      }));
  }

  void wait_for_pieces(int count) {
    require(eventually(120s, [&] { return pieces_ >= count; }), "the streams did not begin");
  }
  std::vector<Result<LLMResponse>> ends() {
    std::vector<Result<LLMResponse>> ends;
    for (auto& stream : streams_)
      ends.push_back(stream.get());
    return ends;
  }

private:
  std::atomic<int> pieces_ = 0;
  std::vector<std::future<Result<LLMResponse>>> streams_;
};

std::string tally(const std::vector<Result<LLMResponse>>& ends) {
  std::size_t answered = 0;
  std::string errors;
  for (const auto& end : ends)
    if (end)
      ++answered;
    else
      errors += std::string{errors.empty() ? "" : ", "} + std::string{to_string(end.error().code)};
  return std::to_string(answered) + " of " + std::to_string(ends.size()) + " answered" +
         (errors.empty() ? "" : ": " + errors);
}

} // namespace

void failure_checks(const Stage& stage, Report& report) {
  report.check("a runner that dies in mid-stream ends it with what there was", [&] {
    auto& server = stage.server();
    Nexus nexus{stage};
    Crowd crowd{nexus, 1, 400};
    crowd.wait_for_pieces(3);
    kill_runners(server);
    const auto ends = crowd.ends();
    require(!ends[0], "the stream ended well");
    require(category(ends[0].error().code) == ErrorCategory::stream, log_line(ends[0].error()));
    require(!ends[0].error().partial.empty(), "no partial text");
    const Stopwatch watch;
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    return std::string{to_string(ends[0].error().code)} + ", next answer after " + watch.text();
  });

  report.check("a runner that dies in mid-stream: the stream starts over where that is set", [&] {
    auto& server = stage.server();
    Nexus nexus{stage, [](auto& settings) { settings.stream_recovery = StreamRecovery::restart; }};
    Crowd crowd{nexus, 1, 60};
    crowd.wait_for_pieces(3);
    kill_runners(server);
    const auto answer = take(std::move(crowd.ends()[0]));
    require(answer.provenance.restarted, "it does not say that it started over");
    return std::to_string(answer.stats.eval_count) + " tokens";
  });

  report.check("a runner that dies under a complete answer: it is asked for again", [&] {
    auto& server = stage.server();
    Nexus nexus{stage};
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    auto options = repeatable(100);
    options.raw = true;
    auto answer = std::async(std::launch::async, [&] {
      return nexus->generate(endless_prompt, AIRole::overseer, options);
    });
    require(eventually(10s, [&] { return take(nexus->stats(AIRole::overseer)).in_flight == 1; }),
            "the request was not sent");
    pass(500ms);
    kill_runners(server);
    const auto got = take(answer.get());
    require(got.provenance.attempts == 2, std::to_string(got.provenance.attempts) + " attempts");
    return "2 attempts, " + seconds_text(got.provenance.total_time);
  });

  report.check("a runner that hangs in mid-stream is noticed, and the next answer comes", [&] {
    auto& server = stage.server();
    Nexus nexus{stage, [](auto& settings) {
                  settings.gap_timeout = 3s;
                  settings.max_retries = 0;
                }};
    Crowd crowd{nexus, 1, 400};
    crowd.wait_for_pieces(3);
    for (const auto process : server.runners())
      ::kill(process, SIGSTOP);
    const auto ends = crowd.ends();
    require(!ends[0] && ends[0].error().code == ErrorCode::gap_timeout,
            ends[0] ? "the stream ended well" : log_line(ends[0].error()));
    require(!ends[0].error().partial.empty(), "no partial text");
    const Stopwatch watch;
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    return "next answer after " + watch.text();
  });

  for (const int signal : {SIGTERM, SIGKILL})
    report.check(signal == SIGTERM
                     ? "a restart of the server in mid-stream loses no queued request"
                     : "a server that is killed and started again loses no queued request",
                 [&, signal] {
                   auto& server = stage.server();
                   Nexus nexus{stage};
                   Crowd crowd{nexus, 20, 40};
                   crowd.wait_for_pieces(3);
                   server.stop(signal);
                   pass(1s);
                   server.start();
                   const auto ends = crowd.ends();
                   std::size_t answered = 0;
                   for (const auto& end : ends) {
                     if (end)
                       ++answered;
                     else
                       require(!end.error().partial.empty(),
                               "a request that was not begun was lost; " + tally(ends));
                   }
                   // Two of the role are at the server at a time.
                   require(answered >= ends.size() - 2, tally(ends));
                   return tally(ends);
                 });

  report.check("a server that is down for three seconds loses no new request", [&] {
    auto& server = stage.server();
    Nexus nexus{stage};
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    server.stop(SIGTERM);
    std::vector<std::future<Result<LLMResponse>>> requests;
    for (int i = 0; i < 8; ++i)
      requests.push_back(std::async(std::launch::async, [&nexus, i] {
        auto options = repeatable(4);
        options.bypass_cache = true;
        return nexus->generate("Hello", i % 2 == 0 ? AIRole::overseer : AIRole::implementation,
                               options);
      }));
    pass(3s);
    server.start();
    std::vector<Result<LLMResponse>> ends;
    std::uint32_t attempts = 0;
    for (auto& request : requests)
      ends.push_back(request.get());
    for (const auto& end : ends) {
      require(end.has_value(), tally(ends));
      attempts = std::max(attempts, end->provenance.attempts);
    }
    return tally(ends) + ", at most " + std::to_string(attempts) + " attempts";
  });

  report.check("a server that is not there is told as such, and is found again", [&] {
    auto& server = stage.server();
    Nexus nexus{stage, [](auto& settings) { settings.max_retries = 0; }};
    server.stop(SIGTERM);
    const auto refused = nexus->generate("Hello", AIRole::overseer, repeatable(2));
    server.start();
    require(!refused && refused.error().code == ErrorCode::connection_refused,
            refused ? "an answer" : log_line(refused.error()));
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    return sentence(refused.error());
  });

  report.check("why a pull failed is told", [&] {
    static_cast<void>(stage.server());
    Nexus nexus{stage};
    // A registry on this machine, on a port where nobody listens.
    const auto pulled = nexus->pull_model("127.0.0.1:1/library/none:latest");
    require(!pulled && pulled.error().code == ErrorCode::registry_failed,
            pulled ? "it was pulled" : log_line(pulled.error()));
    auto told = sentence(pulled.error());
    require(told.find("refused") != std::string::npos, told);
    return told;
  });

  report.check("a model that is not there is told as such", [&] {
    Nexus nexus{stage};
    auto options = repeatable(2);
    options.model = "nexus-llm-no-such-model:1b";
    const auto answer = nexus->generate("Hello", AIRole::overseer, options);
    require(!answer && answer.error().code == ErrorCode::model_not_found,
            answer ? "an answer" : log_line(answer.error()));
    return sentence(answer.error());
  });

  report.check("a second name of the model shares its runner and can be deleted", [&] {
    auto& server = stage.server();
    Nexus nexus{stage};
    const std::string second = "nexus-llm-second:latest";
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    const auto before = server.runners();
    take(nexus->copy_model(stage.model, second));
    auto options = repeatable(2);
    options.model = second;
    const auto answer = take(nexus->generate("Hello", AIRole::overseer, options));
    require(server.runners() == before, "another runner was started");
    take(nexus->delete_model(second));
    require(!take(nexus->check_model_available(second)), "still there");
    return "load " + seconds_text(answer.stats.load_duration);
  });

  report.check("a model that runs on another machine is refused", [&] {
    static_cast<void>(stage.server());
    Nexus nexus{stage};
    const std::string stub = "nexus-llm-stub:latest";
    const auto made = stage.other.post(
        "/api/create", R"({"model":)" + in_quotes(stub) +
                           R"(,"from":"far-away:1t","remote_host":"https://example.invalid",)" +
                           R"("stream":false})");
    if (made.status != 200)
      throw CheckSkipped{"this server makes no entry for a remote model: " + made.body};
    auto options = repeatable(2);
    options.model = stub;
    const auto answer = nexus->generate("Hello", AIRole::overseer, options);
    const auto vector = nexus->embed({.model = stub, .input = {"Hello"}}, AIRole::overseer);
    // Its name alone makes Ollama pass a request on.
    options.model = "nexus-llm-no-such-model:cloud";
    const auto by_name = nexus->generate("Hello", AIRole::overseer, options);
    static_cast<void>(nexus->delete_model(stub));
    require(!answer && answer.error().code == ErrorCode::remote_model_refused,
            answer ? "it was answered" : log_line(answer.error()));
    require(!vector && vector.error().code == ErrorCode::remote_model_refused,
            vector ? "it was embedded" : log_line(vector.error()));
    require(!by_name && by_name.error().code == ErrorCode::remote_model_refused,
            by_name ? "it was answered" : log_line(by_name.error()));
    const auto told = sentence(answer.error());
    require(told.find("example.invalid") != std::string::npos, log_line(answer.error()));
    return told;
  });
}

} // namespace nexus::llm::real
