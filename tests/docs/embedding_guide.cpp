// SPDX-License-Identifier: BSD-3-Clause
// The examples of docs/embedding.md, run against the simulator by `main`. What stands between the
// marks `[name]` is what the document shows.
#include <caf/actor_system.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <sstream>
#include <streambuf>

#include <nexus_llm/llm_integration.hpp>
#include <nexus_llm/simulator/simulator.hpp>
#include <nexus_llm/subscriber.hpp>
#include <nexus_llm/system_config.hpp>

using namespace nexus::llm;
using namespace std::chrono_literals;

//! [start]
int start_and_stop(LLMSystemOptions options) {
  SystemConfig config; // an actor_system_config with the message types registered
  caf::actor_system system{config};
  auto started = LLMSystem::start(system, std::move(options));
  if (!started)
    return std::cerr << sentence(started.error()) << '\n', 1;
  auto llm = std::move(*started);
  const auto role = llm->role(AIRole::overseer); // for your actors
  // End your own actors here.
  llm.reset(); // before the actor system
  return 0;
}
//! [start]

//! [typed]
/// Takes a job, and is the subscriber of the stream that it asks for.
using overseer_actor =
    caf::typed_actor<sig<std::string, std::string>>::extend_with<stream_subscriber>;

overseer_actor::behavior_type overseer(overseer_actor::pointer self, const role_handle& role) {
  return {
      [self, role](const std::string& job) -> caf::result<std::string> {
        auto promise = self->make_response_promise<std::string>();
        ask(self, role, 10min, generate_streaming_atom_v, "Plan: " + job, GenerateOptions{},
            as_subscriber(self))
            .then([promise](LLMResponse& plan) mutable { promise.deliver(plan.response); },
                  [promise](const caf::error& error) mutable { promise.deliver(error); });
        return promise;
      },
      [](const LLMStreamChunk& chunk) {
        if (chunk.restarted) // what came before is void
          std::cout << "\n(from the start)\n";
        std::cout << chunk.response << std::flush;
      },
      [](const StreamError& end) { std::cout << '\n'
                                             << sentence(end.error) << '\n'; },
      [](const RequestProgress&) {},
  };
}
//! [typed]

//! [untyped]
caf::behavior untyped_overseer(caf::event_based_actor* self, const role_handle& role) {
  return {
      [self, role](const std::string& job) {
        auto promise = self->make_response_promise<std::string>();
        ask(self, role, 10min, generate_streaming_atom_v, "Plan: " + job, GenerateOptions{},
            as_subscriber(self))
            .then([promise](LLMResponse& plan) mutable { promise.deliver(plan.response); },
                  [promise](const caf::error& error) mutable { promise.deliver(error); });
        return promise;
      },
      [](const LLMStreamChunk& chunk) { std::cout << chunk.response << std::flush; },
      [](const StreamError& end) { std::cout << '\n'
                                             << sentence(end.error) << '\n'; },
      [](const RequestProgress&) {},
  };
}
//! [untyped]

//! [cancel]
/// Asks, and changes its mind: the message `stop` ends the request and frees the GPU.
caf::behavior impatient(caf::event_based_actor* self, const role_handle& role) {
  GenerateOptions options{.id = make_request_id()};
  ask(self, role, 10min, generate_atom_v, std::string{"Tell a long story."}, options)
      .then([](const LLMResponse&) { std::cout << "answered\n"; },
            [](const caf::error& error) {
              // `cancelled`; of a stream, `partial` holds the text so far.
              std::cout << to_string(to_llm_error(error).code) << '\n';
            });
  return {[role, id = options.id](const std::string& order) {
    if (order == "stop")
      anon_tell(role, cancel_atom_v, id); // the bool that it returns is discarded
  }};
}
//! [cancel]

//! [join]
/// Joins the stream of another requester: the first chunk holds the text so far. The stream
/// continues for this listener after the requester has terminated.
stream_subscriber::behavior_type listener(stream_subscriber::pointer self, const role_handle& role,
                                          const RequestId& id) {
  ask(self, role, 10s, subscribe_atom_v, id, as_subscriber(self))
      .then([](Ack) {},
            [](const caf::error& error) { // `unknown_request`: it has ended
              std::cout << sentence(to_llm_error(error)) << '\n';
            });
  return {
      [](const LLMStreamChunk& chunk) { std::cout << chunk.response << std::flush; },
      [](const StreamError& end) { std::cout << end.error.partial.size() << " bytes came\n"; },
      [](const RequestProgress&) {},
  };
}
//! [join]

//! [tools]
/// Lets the model call tools until it answers in words.
Result<std::string> ask_with_tools(LLMIntegration& llm, const std::string& question) {
  const GenerateOptions options{.tools = {{.name = "get_weather",
                                           .description = "The weather of a city",
                                           .parameters = R"({"type": "object", "required": ["city"],
                                   "properties": {"city": {"type": "string"}}})"}}};
  std::vector<ChatMessage> conversation{{.role = ChatRole::user, .content = question}};
  constexpr int most_rounds = 5; // a model may call tools forever
  for (int round = 0; round < most_rounds; ++round) {
    auto answer = llm.chat(conversation, AIRole::overseer, options);
    if (!answer)
      return failure(answer.error());
    if (answer->tool_calls.empty())
      return answer->response;
    // What the model said goes back as it came, then a result for each call.
    conversation.push_back({.role = ChatRole::assistant,
                            .content = answer->response,
                            .thinking = answer->thinking,
                            .tool_calls = answer->tool_calls});
    for (const auto& call : answer->tool_calls)
      conversation.push_back({.role = ChatRole::tool,
                              .content = "12 degrees, rain", // `call.arguments` is JSON text
                              .tool_name = call.name,
                              .tool_call_id = call.id});
  }
  return failure(ErrorCode::invalid_argument, "the model calls tools endlessly");
}
//! [tools]

//! [own settings]
/// A system whose settings the program supplies: no file is read or written.
Result<std::unique_ptr<LLMSystem>> start_with_own_settings(caf::actor_system& system,
                                                           const std::string& base_url) {
  LLMClientConfig settings;
  settings.base_url = base_url;
  settings.settings(AIRole::overseer).model = "llama3.1:8b";
  settings.settings(AIRole::overseer).keep_alive = KeepAlive::lasting(10min);
  return LLMSystem::start(system, {.store = make_memory_store(settings)});
}
//! [own settings]

//! [several]
/// Two systems, each with its own Ollama, settings and log, in one actor system.
void run_two(caf::actor_system& system, const std::string& first, const std::string& second,
             const std::shared_ptr<spdlog::logger>& log_of_second) {
  auto settings = [](const std::string& base_url) {
    LLMClientConfig config;
    config.base_url = base_url;
    return make_memory_store(config);
  };
  const auto one = LLMSystem::start(system, {.store = settings(first)});
  const auto two = LLMSystem::start(system, {.store = settings(second), .logger = log_of_second});
  if (!one || !two)
    return;
  for (const auto* llm : {one->get(), two->get()}) {
    LLMIntegration api{system, *llm};
    const auto answer = api.generate("Hello", AIRole::overseer);
    std::cout << (answer ? answer->response : sentence(answer.error())) << '\n';
  }
}
//! [several]

//! [restart]
/// Starts the supervision again if it has ended because a component failed too often. The handles
/// that actors hold serve the next request.
Result<void> bring_back(LLMSystem& llm) { return llm.restart(); }
//! [restart]

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds)
    return;
  std::cerr << "does not hold: " << what << '\n';
  ++failures;
}

template <class Actor> std::string result_of(caf::actor_system& system, const Actor& actor) {
  caf::scoped_actor self{system};
  std::string result;
  ask(self, actor, 10s, std::string{"tea"})
      .receive([&](std::string& text) { result = std::move(text); },
               [](const caf::error& error) { std::cerr << describe(error) << '\n'; });
  anon_exit(actor, caf::exit_reason::user_shutdown);
  return result;
}

/// Takes what the examples print, on whatever thread.
class Screen : private std::streambuf {
public:
  Screen() : old_{std::cout.rdbuf(this)} {}
  ~Screen() override { std::cout.rdbuf(old_); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Waits until this was printed.
  [[nodiscard]] bool shows(const std::string& text) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return text_.find(text) != std::string::npos; });
  }

private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const std::lock_guard lock{mutex_};
    text_.append(bytes, static_cast<std::size_t>(count));
    changed_.notify_all();
    return count;
  }
  int overflow(int byte) override {
    const auto text = static_cast<char>(byte);
    xsputn(&text, 1);
    return byte;
  }

  std::streambuf* old_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

} // namespace

int main() {
  simulator::SimulatorOptions simulated;
  simulated.models = {{.name = "llama3.1:8b", .reply = "one two three", .calls_first_tool = true}};
  simulated.token_delay = 20ms; // so that a stream can be joined
  simulator::Simulator ollama{simulated};
  SystemConfig config;
  caf::actor_system system{config};
  auto started = start_with_own_settings(system, ollama.base_url());
  if (!started)
    return std::cerr << sentence(started.error()) << '\n', 1;
  auto& llm = **started;
  const auto& role = llm.role(AIRole::overseer);

  {
    Screen screen;
    check(result_of(system, system.spawn(overseer, role)) == "one two three", "typed");
    check(result_of(system, system.spawn(untyped_overseer, role)) == "one two three", "untyped");
    check(screen.shows("one two threeone two three"), "chunks are printed");
  }

  {
    ollama.inject(simulator::Fault::stall_before_response());
    const auto actor = system.spawn(impatient, role);
    check(ollama.wait_until(
              [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s),
          "the request is under way");
    anon_tell(actor, std::string{"stop"});
    check(
        ollama.wait_until(
            [](const simulator::Counters& counters) { return counters.disconnects_seen >= 1; }, 5s),
        "a cancelled request is aborted");
    anon_exit(actor, caf::exit_reason::user_shutdown);
  }

  LLMIntegration api{system, llm};
  {
    Screen screen;
    const auto id = make_request_id();
    const auto streamed = api.generate_streaming(
        "Count.", AIRole::overseer,
        [&, joined = caf::actor{}](const LLMStreamChunk&) mutable {
          if (!joined)
            joined = caf::actor_cast<caf::actor>(system.spawn(listener, role, id));
          return true;
        },
        {.id = id});
    check(streamed.has_value(), "a stream that somebody joins");
    check(screen.shows("one two three"), "who joins gets the whole text");
  }

  const auto told = ask_with_tools(api, "What is the weather in Bergen?");
  check(told && *told == "one two three", "the tool loop");
  check(start_and_stop({.store = make_memory_store({})}) == 0, "start and stop");
  check(bring_back(llm).has_value(), "restart");

  {
    Screen screen;
    std::ostringstream log;
    const auto logger = std::make_shared<spdlog::logger>(
        "second", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
    simulator::Simulator other{simulated};
    auto resets = simulator::Fault::reset_before_response();
    resets.count = 2; // libcurl repeats the first one by itself, on a connection that was kept
    other.inject(resets);
    run_two(system, ollama.base_url(), other.base_url(), logger);
    check(screen.shows("one two three\none two three\n"), "two systems");
    check(!log.str().empty(), "the second one logs its failed attempt");
  }
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
