// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/world.hpp"

#include <caf/actor_registry.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "nexus_llm/setup.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "runtime/harness/message_json.hpp"

namespace nexus::llm::testing {

namespace {
/// Upper limit of messages at one moment of virtual time; no script needs that many.
constexpr std::size_t most_messages = 2'000'000;
/// Real-time limit for sockets.
constexpr std::chrono::seconds outside_deadline{20};
constexpr std::chrono::milliseconds outside_interval{2};
constexpr std::size_t kept_events = 30;
} // namespace

World::World(std::uint64_t seed, const std::function<void(caf::actor_system_config&)>& more_setup) {
  setup(config_);
  if (more_setup)
    more_setup(config_);
  stepped_ = std::make_unique<SteppedSystem>(config_);
  start_ = stepped_->now();
  if (seed != 0)
    order_.emplace(seed);
}

World::~World() {
  hear_ = {};
  unrest_ = {};
  stop_intercepting();
  end_everybody();
  if (const auto left = stepped_->system().registry().running(); left > 0) {
    // The destructor of the actor system would wait for them forever.
    std::fprintf(stderr,
                 "%zu actors of this script are neither known by a name nor ever got a message, "
                 "but are held by handles: name them with name_actor.\n",
                 left);
    std::abort();
  }
}

void World::stop_intercepting() {
  interceptions_.clear();
  delayed_.clear();
  passed_on_.clear();
}

void World::end_everybody() {
  for (const auto& actor : names_.everybody())
    meet(actor);
  stepped_->drop_timeouts();
  // Actors that receive an exit or down message may spawn others.
  for (std::size_t ended = 0; ended < met_.size();) {
    const auto count = met_.size();
    for (; ended < count; ++ended)
      if (const auto actor = caf::actor_cast<caf::strong_actor_ptr>(met_[ended]))
        caf::anon_send_exit(actor, caf::exit_reason::kill);
    run_ready();
    stepped_->drop_timeouts();
  }
}

void World::meet(const caf::strong_actor_ptr& actor) {
  if (known_.insert(actor->id()).second)
    met_.push_back(caf::actor_cast<caf::actor_addr>(actor));
}

void World::settle() {
  const auto deadline = std::chrono::steady_clock::now() + outside_deadline;
  std::size_t rounds = 0;
  for (;;) {
    run_ready();
    // Fire timers that are already due.
    if (const auto due = next_due(); due && *due <= stepped_->now()) {
      if (++rounds > most_messages)
        throw ScriptFailure{"Timers that wait no time at all follow each other for ever."};
      advance_to(stepped_->now());
      continue;
    }
    const auto unrest = unrest_ ? unrest_() : std::string{};
    if (unrest.empty()) {
      if (stepped_->ready() == 0)
        return;
      continue;
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw ScriptFailure{"The sockets did not come to rest within " +
                          std::to_string(outside_deadline.count()) + " s: " + unrest + "."};
    static_cast<void>(stepped_->wait_for_ready(outside_interval));
  }
}

void World::run_ready() {
  std::size_t messages = 0;
  for (auto ready = stepped_->ready(); ready > 0; ready = stepped_->ready()) {
    if (++messages > most_messages) {
      std::string report = "The actors do not come to rest. The latest messages:\n";
      for (const auto& event : latest_)
        report += "  " + event.sender + " -> " + event.receiver + ": " +
                  to_text(event.content, names_) + "\n";
      throw ScriptFailure{report};
    }
    step(order_ ? std::uniform_int_distribution<std::size_t>{0, ready - 1}(*order_) : 0);
  }
}

void World::step(std::size_t actor) {
  auto letter = stepped_->next_letter(actor);
  if (!letter)
    return stepped_->run(actor);
  meet(letter->receiver);
  Event event{.time = now(),
              .sender = names_.of(letter->sender),
              .receiver = names_.of(letter->receiver),
              .receiver_id = letter->receiver->id(),
              .content = std::move(letter->content),
              .is_response = letter->is_response};
  if (passed_on_.erase({letter->receiver->id(), letter->identity}) == 0)
    if (auto* rule = intercepted(event)) {
      ++rule->happened;
      switch (rule->action) {
      case Interception::Action::drop:
        static_cast<void>(stepped_->take(actor));
        return;
      case Interception::Action::delay:
        delayed_.push_back({stepped_->now() + rule->by, stepped_->take(actor)});
        return;
      case Interception::Action::replace:
        stepped_->replace(actor, rule->replacement);
        event.content = rule->replacement;
        break;
      }
    }
  latest_.push_back(event);
  if (latest_.size() > kept_events)
    latest_.pop_front();
  if (hear_)
    hear_(event);
  stepped_->run(actor);
}

Interception* World::intercepted(const Event& event) {
  for (const auto& rule : interceptions_) {
    if (rule->happened >= rule->times || (!rule->sender.empty() && rule->sender != event.sender) ||
        (!rule->receiver.empty() && rule->receiver != event.receiver))
      continue;
    json::Document document;
    if (rule->message.mismatch_of_message(to_json(event.content, names_, document.GetAllocator())))
      continue;
    return rule.get();
  }
  return nullptr;
}

std::optional<SteppedSystem::Time> World::next_due() const {
  auto due = stepped_->next_timeout();
  for (const auto& each : delayed_)
    due = due ? std::min(*due, each.due) : each.due;
  return due;
}

void World::advance_to(SteppedSystem::Time time) {
  stepped_->advance_to(time);
  for (auto each = delayed_.begin(); each != delayed_.end();) {
    if (each->due > time) {
      ++each;
      continue;
    }
    passed_on_.insert({each->letter.receiver(), each->letter.identity()});
    stepped_->deliver(std::move(each->letter));
    each = delayed_.erase(each);
  }
}

void World::pass(Duration time) {
  static_cast<void>(pass_until([] { return false; }, time));
}

bool World::pass_until(const std::function<bool()>& condition, Duration limit) {
  settle();
  const auto end = stepped_->now() + limit;
  while (!condition()) {
    const auto due = next_due();
    if (!due || *due > end) {
      advance_to(end);
      settle();
      return condition();
    }
    advance_to(std::max(*due, stepped_->now()));
    settle();
  }
  return true;
}

std::shared_ptr<Interception> World::intercept(Interception interception) {
  return interceptions_.emplace_back(std::make_shared<Interception>(std::move(interception)));
}

} // namespace nexus::llm::testing
