// SPDX-License-Identifier: BSD-3-Clause
#include <atomic>
#include <future>
#include <map>
#include <utility>

#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"
#include "tests/real/stopwatch.hpp"

namespace nexus::llm::real {

namespace {

using namespace std::chrono_literals;

/// A stream of its own thread, and a way to wait for its first piece.
class Running {
public:
  explicit Running(Nexus& nexus, GenerateOptions options = endless())
      : id_{options.id = RequestId{"running"}}, end_{std::async(std::launch::async, [&nexus, this,
                                                                                     options] {
          return nexus->generate_streaming(
              endless_prompt, AIRole::overseer,
              [this](const LLMStreamChunk& chunk) {
                if (!chunk.response.empty() && !seen_.exchange(true))
                  begun_.set_value();
                return true;
              },
              options);
        })} {}

  void wait_for_first_piece() {
    require(begun_.get_future().wait_for(120s) == std::future_status::ready,
            "the stream did not begin");
  }
  [[nodiscard]] const RequestId& id() const { return id_; }
  [[nodiscard]] Result<LLMResponse> end() { return end_.get(); }

private:
  RequestId id_;
  std::atomic<bool> seen_ = false;
  std::promise<void> begun_;
  std::future<Result<LLMResponse>> end_;
};

/// How long a request of two tokens takes now; it would wait for what still runs.
std::string next_answer(Nexus& nexus) {
  const Stopwatch watch;
  take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
  require(watch.elapsed() < 10s, "the next answer took " + watch.text());
  return "next answer after " + watch.text();
}

/// How long until the runner uses no processor time any more.
std::string idle_after(const OwnServer& server) {
  const Stopwatch watch;
  const auto used = [&server] {
    std::chrono::milliseconds sum{};
    for (const auto process : server.runners())
      sum += processor_time(process);
    return sum;
  };
  auto last = used();
  const bool idle = eventually(5s, [&] {
    pass(150ms);
    const auto now = used();
    return std::exchange(last, now) == now;
  });
  require(idle, "the runner still works after " + watch.text());
  return "runner idle within " + watch.text();
}

} // namespace

void ending_checks(const Stage& stage, Report& report) {
  Nexus nexus{stage};

  report.check("a cancel frees the server", [&] {
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    Running stream{nexus};
    stream.wait_for_first_piece();
    require(take(nexus->cancel(AIRole::overseer, stream.id())), "nothing to cancel");
    const auto end = stream.end();
    require(!end, "the answer came to its end before the cancel");
    require(end.error().code == ErrorCode::cancelled, log_line(end.error()));
    std::string figure;
    if (stage.own != nullptr)
      figure = idle_after(*stage.own) + ", ";
    return figure + next_answer(nexus);
  });

  report.check("a stream that nobody listens to any more frees the server", [&] {
    const auto end = nexus->generate_streaming(
        endless_prompt, AIRole::overseer, [](const auto&) { return false; }, endless());
    require(!end && end.error().code == ErrorCode::cancelled, "the stream went on");
    return next_answer(nexus);
  });

  report.check("a complete answer that is cancelled frees the server", [&] {
    auto options = endless();
    options.id = RequestId{"complete"};
    auto answer = std::async(std::launch::async, [&] {
      return nexus->generate(endless_prompt, AIRole::overseer, options);
    });
    require(eventually(10s, [&] { return take(nexus->stats(AIRole::overseer)).in_flight == 1; }),
            "the request was not sent");
    pass(1s);
    require(take(nexus->cancel(AIRole::overseer, options.id)), "nothing to cancel");
    const auto end = answer.get();
    require(!end && end.error().code == ErrorCode::cancelled, "it was answered");
    std::string figure;
    if (stage.own != nullptr)
      figure = idle_after(*stage.own) + ", ";
    return figure + next_answer(nexus);
  });

  report.check("a model is unloaded under load, and the stream ends whole", [&] {
    auto options = repeatable(150);
    options.raw = true;
    const auto expected = take(nexus->generate(endless_prompt, AIRole::overseer, options));
    Running stream{nexus, options};
    stream.wait_for_first_piece();
    const Stopwatch watch;
    take(nexus->unload_model(stage.model));
    const auto unloaded = watch.text();
    const auto answer = take(stream.end());
    require(answer.response == expected.response, "another text: " + answer.response);
    const auto next = take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    return "unload answered after " + unloaded + ", next load " +
           seconds_text(next.stats.load_duration);
  });

  report.check("fifty streams at once", [&] {
    const Stopwatch watch;
    std::vector<std::future<Result<LLMResponse>>> streams;
    for (int i = 0; i < 50; ++i)
      streams.push_back(std::async(std::launch::async, [&nexus, i] {
        auto options = repeatable(8);
        // Each is a request of its own: identical ones in flight share one answer.
        options.bypass_cache = true;
        return nexus->generate_streaming(
            "Name a thing that begins with the letter " + std::string(1, char('a' + i % 10)) + ".",
            i % 2 == 0 ? AIRole::overseer : AIRole::implementation,
            [](const auto&) { return true; }, options);
      }));
    std::map<int, std::string> texts;
    std::uint64_t tokens = 0;
    for (int i = 0; i < 50; ++i) {
      const auto answer = take(streams[static_cast<std::size_t>(i)].get());
      const auto [known, added] = texts.emplace(i % 10, answer.response);
      // Slots that work at the same time may round differently.
      require(added || stage.own == nullptr || known->second == answer.response,
              "one prompt, two texts: " + known->second + " and " + answer.response);
      require(answer.provenance.attempts == 1, "a stream needed several attempts");
      tokens += answer.stats.eval_count;
    }
    return std::to_string(tokens) + " tokens in " + watch.text();
  });

  report.check("a complete answer that outlasts `timeout` is asked for once", [&] {
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    const auto healed = take(nexus->stats(AIRole::overseer)).healed;
    auto options = endless();
    options.timeout = 3s;
    const Stopwatch watch;
    const auto answer = nexus->generate(endless_prompt, AIRole::overseer, options);
    const auto took = watch.elapsed();
    require(!answer, "it came to its end");
    require(answer.error().code == ErrorCode::request_timeout, log_line(answer.error()));
    require(answer.error().attempts == 1, std::to_string(answer.error().attempts) + " attempts");
    require(took < 6s, "it ended after " + watch.text());
    require(take(nexus->stats(AIRole::overseer)).healed == healed,
            "the model was unloaded although it made progress");
    return "ended after " + seconds_text(took) + ", " + next_answer(nexus);
  });

  report.check("a request that waits for the only slot is no hang", [&] {
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    const auto healed = take(nexus->stats(AIRole::implementation)).healed;
    Running stream{nexus};
    stream.wait_for_first_piece();
    auto options = repeatable(4);
    options.timeout = 1500ms;
    const Stopwatch watch;
    const auto answer = nexus->generate("Hello", AIRole::implementation, options);
    const auto waited = watch.text();
    // Several slots let it through at once; then there is nothing to show.
    require(take(nexus->stats(AIRole::implementation)).healed == healed,
            "the model was unloaded although it made progress");
    take(nexus->cancel(AIRole::overseer, stream.id()));
    const auto end = stream.end();
    require(!end && end.error().code == ErrorCode::cancelled,
            "the stream that held the slot did not last");
    return (answer ? "answered after " : "given up after ") + waited;
  });
}

} // namespace nexus::llm::real
