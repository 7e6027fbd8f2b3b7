// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/system.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <charconv>
#include <future>
#include <utility>

#include "messages/portability_network.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/setup.hpp"
#include "nexus_llm/subscriber.hpp"
#include "tests/bench/cost.hpp"

namespace nexus::llm::bench {

namespace {

void fail(const LLMError& error) { must(false, sentence(error).c_str()); }

/// A subscriber that counts what it gets, and tells when all of its streams have ended.
class Counter {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "Counter";

  struct Sum {
    std::size_t bytes = 0;
    std::size_t streams = 0;  ///< that have not ended
    bool stamped = false;     ///< the text of a chunk is a stamp
    std::vector<double> ages; ///< of stamped chunks
    std::promise<void> done;
  };

  Counter(stream_subscriber::pointer, std::shared_ptr<Sum> sum) : sum_{std::move(sum)} {}

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](const LLMStreamChunk& chunk) {
          sum_->bytes += chunk.response.size();
          if (sum_->stamped)
            add_ages(chunk.response);
          if (chunk.done && --sum_->streams == 0)
            sum_->done.set_value();
        },
        [](const StreamError& error) { fail(error.error); },
        [](const RequestProgress&) {},
    };
  }

private:
  /// Each stamp follows a space.
  void add_ages(const std::string& text) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end && *at == ' ';) {
      std::chrono::nanoseconds::rep stamp = 0;
      at = std::from_chars(at + 1, end, stamp).ptr;
      sum_->ages.push_back(micros_since(std::chrono::nanoseconds{stamp}));
    }
  }

  std::shared_ptr<Sum> sum_;
};

/// Asks a role again and again, with a number of requests under way.
class Asker {
public:
  using Base = caf::event_based_actor;
  static constexpr const char* name = "Asker";
  using Times = std::promise<std::vector<double>>;

  Asker(caf::event_based_actor* self, role_handle role, std::string prompt, std::size_t count,
        std::size_t at_once, std::shared_ptr<Times> done)
      : self_{self}, role_{std::move(role)}, prompt_{std::move(prompt)}, left_{count}, open_{count},
        done_{std::move(done)} {
    times_.reserve(count);
    for (std::size_t i = 0; i < at_once; ++i)
      ask_next();
  }

  caf::behavior make_behavior() {
    return {[](int) {}};
  }

private:
  void ask_next() {
    if (left_ == 0)
      return;
    --left_;
    ask_watched(self_, role_, generate_atom_v, prompt_)
        .then(
            [this, asked = stamp_now()](const LLMResponse&) {
              times_.push_back(micros_since(asked));
              if (--open_ == 0) {
                done_->set_value(std::move(times_));
                self_->quit();
              } else {
                ask_next();
              }
            },
            [](const caf::error& error) { fail(to_llm_error(error)); });
  }

  caf::event_based_actor* self_;
  role_handle role_;
  std::string prompt_;
  std::size_t left_;
  std::size_t open_;
  std::vector<double> times_;
  std::shared_ptr<Times> done_;
};

/// Streams one answer after another to itself.
class StreamAsker {
public:
  using Base = caf::event_based_actor;
  static constexpr const char* name = "StreamAsker";
  using Times = std::promise<std::vector<double>>;

  StreamAsker(caf::event_based_actor* self, role_handle role, std::string prompt, std::size_t count,
              std::shared_ptr<Times> done)
      : self_{self}, role_{std::move(role)}, prompt_{std::move(prompt)}, left_{count},
        done_{std::move(done)} {
    ask_next();
  }

  caf::behavior make_behavior() {
    return {
        [this](const LLMStreamChunk& chunk) {
          if (std::exchange(waits_, false))
            times_.push_back(micros_since(asked_));
          if (chunk.done)
            end_or_next();
        },
        [](const StreamError& error) { fail(error.error); },
        [](const RequestProgress&) {},
    };
  }

private:
  void ask_next() {
    --left_;
    waits_ = true;
    halves_ = 2;
    asked_ = stamp_now();
    ask_watched(self_, role_, generate_streaming_atom_v, prompt_, GenerateOptions{},
                as_subscriber(self_))
        .then([this](const LLMResponse&) { end_or_next(); },
              [](const caf::error& error) { fail(to_llm_error(error)); });
  }

  /// A stream is over once its last chunk and its answer are here.
  void end_or_next() {
    if (--halves_ > 0)
      return;
    if (left_ > 0)
      return ask_next();
    done_->set_value(std::move(times_));
    self_->quit();
  }

  caf::event_based_actor* self_;
  role_handle role_;
  std::string prompt_;
  std::size_t left_;
  bool waits_ = false;
  int halves_ = 0;
  std::chrono::nanoseconds asked_{};
  std::vector<double> times_;
  std::shared_ptr<Times> done_;
};

} // namespace

System::Actors::Actors(bool network) {
  setup(config);
  recommend(config);
  if (network)
    load_network(config, {}, default_max_message_bytes);
  system = std::make_unique<caf::actor_system>(config);
}

namespace {

std::unique_ptr<LLMSystem> start(caf::actor_system& system, const std::string& base_url,
                                 std::uint32_t slots) {
  LLMClientConfig settings;
  settings.base_url = base_url;
  settings.limits.max_concurrent = slots;
  settings.limits.queue_length = 100'000;
  settings.limits.max_subscribers = 64;
  LLMSystemOptions options;
  options.store = make_memory_store(settings);
  auto started = LLMSystem::start(system, std::move(options));
  must(started.has_value(), started ? "" : sentence(started.error()).c_str());
  return std::move(*started);
}

} // namespace

double System::start_time(const std::string& base_url) {
  const Actors actors{false};
  const auto begin = stamp_now();
  const auto started = start(*actors.system, base_url, 1);
  return micros_since(begin);
}

System::System(const std::string& base_url, Place place, std::uint32_t slots)
    : node_actors_{place == Place::behind_a_node}, system_{node_actors_.system.get()},
      llm_{start(*system_, base_url, slots)}, role_{llm_->role(AIRole::overseer)} {
  if (place == Place::here)
    return;
  auto node = Node::start(*system_, *llm_, {"127.0.0.1", 0});
  must(node.has_value(), node ? "" : sentence(node.error()).c_str());
  node_ = std::move(*node);
  remote_actors_ = std::make_unique<Actors>(true);
  system_ = remote_actors_->system.get();
  auto remote = RemoteLLM::connect(*system_, {node_->endpoint()});
  must(remote.has_value(), remote ? "" : sentence(remote.error()).c_str());
  remote_ = std::move(*remote);
  role_ = remote_->role(AIRole::overseer);
}

void System::stream(const std::string& prompt, std::size_t streams, std::size_t subscribers,
                    std::size_t expected_bytes) {
  std::vector<std::shared_ptr<Counter::Sum>> sums;
  std::vector<stream_subscriber> counters;
  for (std::size_t i = 0; i < subscribers; ++i) {
    sums.push_back(std::make_shared<Counter::Sum>());
    sums.back()->streams = streams;
    counters.push_back(spawn_state<Counter>(*system_, sums.back()));
  }
  caf::scoped_actor self{*system_};
  for (std::size_t i = 0; i < streams; ++i) {
    GenerateOptions options;
    options.id = make_request_id();
    ask(self, role_, std::chrono::hours{1}, generate_streaming_atom_v, prompt, options,
        counters.front());
    for (std::size_t j = 1; j < subscribers; ++j)
      ask(self, role_, std::chrono::hours{1}, subscribe_atom_v, options.id, counters[j]);
  }
  for (const auto& sum : sums) {
    sum->done.get_future().wait();
    must(sum->bytes == expected_bytes * streams, "text is missing");
  }
  for (const auto& counter : counters)
    anon_exit(counter, caf::exit_reason::user_shutdown);
}

std::vector<double> System::ask_many(const std::string& prompt, std::size_t count,
                                     std::size_t at_once) {
  const auto done = std::make_shared<Asker::Times>();
  auto times = done->get_future();
  spawn_state<Asker>(*system_, role_, prompt, count, at_once, done);
  return times.get();
}

std::vector<double> System::first_chunks(const std::string& prompt, std::size_t count) {
  const auto done = std::make_shared<StreamAsker::Times>();
  auto times = done->get_future();
  spawn_state<StreamAsker>(*system_, role_, prompt, count, done);
  return times.get();
}

std::vector<double> System::chunk_ages(const std::string& prompt, std::size_t streams) {
  const auto sum = std::make_shared<Counter::Sum>();
  sum->streams = streams;
  sum->stamped = true;
  auto done = sum->done.get_future();
  caf::scoped_actor self{*system_};
  const auto counter = spawn_state<Counter>(*system_, sum);
  for (std::size_t i = 0; i < streams; ++i)
    ask(self, role_, std::chrono::hours{1}, generate_streaming_atom_v, prompt, GenerateOptions{},
        counter);
  done.wait();
  anon_exit(counter, caf::exit_reason::user_shutdown);
  return std::move(sum->ages);
}

} // namespace nexus::llm::bench
