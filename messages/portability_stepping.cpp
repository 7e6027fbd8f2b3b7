// SPDX-License-Identifier: BSD-3-Clause
#include "messages/portability_stepping.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/scheduled_actor.hpp>
#if NEXUS_LLM_CAF_1
#include <caf/action.hpp>
#include <caf/actor_clock.hpp>
#include <caf/detail/actor_system_access.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler.hpp>

#include <deque>
#include <map>
#else
#include <caf/scheduler/test_coordinator.hpp>
#endif

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace nexus::llm {

namespace {

/// The clock does not start at 0, because code uses time zero for "no time".
constexpr std::chrono::hours start_of_time{1};

#if NEXUS_LLM_CAF_1

class Clock final : public caf::actor_clock {
public:
  time_point now() const noexcept override { return now_; }

  caf::disposable schedule(time_point time, caf::action action) override {
    actions_.emplace(time, action);
    return std::move(action).as_disposable();
  }

  std::optional<time_point> next() {
    while (!actions_.empty() && actions_.begin()->second.disposed())
      actions_.erase(actions_.begin());
    return actions_.empty() ? std::nullopt : std::optional{actions_.begin()->first};
  }

  void advance_to(time_point time) {
    now_ = std::max(now_, time);
    for (auto due = next(); due && *due <= now_; due = next()) {
      auto action = actions_.begin()->second;
      actions_.erase(actions_.begin());
      action.run();
    }
  }

  void drop() {
    for (auto& [time, action] : actions_)
      action.dispose();
    actions_.clear();
  }

private:
  time_point now_{start_of_time};
  std::multimap<time_point, caf::action> actions_;
};

class Scheduler final : public caf::scheduler {
public:
  std::deque<caf::resumable*> jobs;
  std::mutex mutex;
  std::condition_variable changed;

  void schedule(caf::resumable* job) override {
    std::lock_guard lock{mutex};
    jobs.push_back(job);
    changed.notify_all();
  }
  void delay(caf::resumable* job) override { schedule(job); }
  void start() override {}
  void stop() override {}
};

#else

/// Like the `test_coordinator` of CAF, but other threads may send messages.
class Scheduler final : public caf::scheduler::test_coordinator {
public:
  explicit Scheduler(caf::actor_system& system) : test_coordinator{system} {}

  std::mutex mutex;
  std::condition_variable changed;

private:
  void enqueue(caf::resumable* job) override {
    std::lock_guard lock{mutex};
    jobs.push_back(job);
    changed.notify_all();
  }
};

/// Execution unit that runs jobs on the thread of the caller.
class Worker final : public caf::execution_unit {
public:
  explicit Worker(Scheduler& scheduler)
      : execution_unit{&scheduler.system()}, scheduler_{scheduler} {}

  void exec_later(caf::resumable* job) override {
    static_cast<caf::scheduler::abstract_coordinator&>(scheduler_).enqueue(job);
  }

private:
  Scheduler& scheduler_;
};

#endif

} // namespace

void catch_all(caf::event_based_actor* self,
               std::function<void(const caf::message&, bool is_request)> handler) {
  auto is_request = [self] { return self->current_mailbox_element()->mid.is_request(); };
#if NEXUS_LLM_CAF_1
  self->set_default_handler(
      [handler, is_request](caf::scheduled_actor*, caf::message& content) -> caf::skippable_result {
        handler(content, is_request());
        return caf::delegated<caf::message>{};
      });
#else
  self->set_default_handler(
      [handler, is_request](caf::scheduled_actor*,
                            caf::message_view& view) -> caf::result<caf::message> {
        handler(view.copy_content_to_message(), is_request());
        return caf::delegated<caf::message>{};
      });
#endif
}

struct TakenLetter::Parts {
  caf::strong_actor_ptr receiver;
  caf::mailbox_element_ptr element;
};

TakenLetter::TakenLetter() = default;
TakenLetter::TakenLetter(TakenLetter&&) noexcept = default;
TakenLetter& TakenLetter::operator=(TakenLetter&&) noexcept = default;
TakenLetter::~TakenLetter() = default;

const void* TakenLetter::identity() const noexcept {
  return parts_ ? parts_->element.get() : nullptr;
}

caf::actor_id TakenLetter::receiver() const noexcept {
  return parts_ ? parts_->receiver->id() : caf::actor_id{};
}

struct SteppedSystem::Impl {
#if NEXUS_LLM_CAF_1
  explicit Impl(caf::actor_system_config& config)
      : system{config,
               [](caf::actor_system& made, caf::actor_system_config&, void*) {
                 caf::detail::actor_system_access access{made};
                 access.clock(std::make_unique<Clock>());
                 access.scheduler(std::make_unique<Scheduler>());
               },
               nullptr},
        scheduler{dynamic_cast<Scheduler&>(system.scheduler())}, clock{dynamic_cast<Clock&>(
                                                                     system.clock())} {}

  caf::actor_system system;
  Scheduler& scheduler;
  Clock& clock;
#else
  explicit Impl(caf::actor_system_config& config)
      : system{prepared(config)}, scheduler{dynamic_cast<Scheduler&>(system.scheduler())},
        worker{scheduler} {
    scheduler.clock().current_time += start_of_time;
  }

  static caf::actor_system_config& prepared(caf::actor_system_config& config) {
    config.set("logger.file-verbosity", caf::atom("quiet"));
    config.set("scheduler.policy", caf::atom("testing"));
    config.module_factories.emplace_back(
        [](caf::actor_system& made) -> caf::actor_system::module* { return new Scheduler{made}; });
    return config;
  }

  caf::actor_system system;
  Scheduler& scheduler;
  Worker worker;
#endif

  caf::scheduled_actor* actor(std::size_t index) {
    std::lock_guard lock{scheduler.mutex};
    return index < scheduler.jobs.size()
               ? dynamic_cast<caf::scheduled_actor*>(scheduler.jobs[index])
               : nullptr;
  }

  static caf::mailbox_element_ptr pop(caf::scheduled_actor& actor) {
#if NEXUS_LLM_CAF_1
    return actor.mailbox().pop_front();
#else
    auto& mailbox = actor.mailbox();
    mailbox.fetch_more();
    auto& queues = mailbox.queue().queues();
    if (auto urgent = std::get<caf::scheduled_actor::urgent_queue_index>(queues).take_front())
      return urgent;
    return std::get<caf::scheduled_actor::normal_queue_index>(queues).take_front();
#endif
  }

  static void put_first(caf::scheduled_actor& actor, caf::mailbox_element_ptr element) {
#if NEXUS_LLM_CAF_1
    actor.mailbox().push_front(std::move(element));
#else
    // The mailbox cannot prepend: empty it, then append this element and all others again.
    std::vector<caf::mailbox_element_ptr> all;
    all.push_back(std::move(element));
    while (auto next = pop(actor))
      all.push_back(std::move(next));
    for (auto& each : all)
      actor.mailbox().push_back(std::move(each));
#endif
  }
};

SteppedSystem::SteppedSystem(caf::actor_system_config& config)
    : impl_{std::make_unique<Impl>(config)} {}

SteppedSystem::~SteppedSystem() = default;

caf::actor_system& SteppedSystem::system() noexcept { return impl_->system; }

std::size_t SteppedSystem::ready() const {
  std::lock_guard lock{impl_->scheduler.mutex};
  return impl_->scheduler.jobs.size();
}

std::optional<Letter> SteppedSystem::next_letter(std::size_t actor) {
  auto* receiver = impl_->actor(actor);
  if (receiver == nullptr)
    return std::nullopt;
  const auto* element = receiver->peek_at_next_mailbox_element();
  if (element == nullptr)
    return std::nullopt;
  Letter letter{.sender = element->sender,
                .receiver = caf::strong_actor_ptr{receiver->ctrl()},
                .content = {},
                .is_request = element->mid.is_request(),
                .is_response = element->mid.is_response(),
                .identity = element};
#if NEXUS_LLM_CAF_1
  letter.content = element->content();
#else
  letter.content = element->copy_content_to_message();
#endif
  return letter;
}

void SteppedSystem::run(std::size_t actor) {
  auto& scheduler = impl_->scheduler;
  caf::resumable* job = nullptr;
  {
    std::lock_guard lock{scheduler.mutex};
    if (actor >= scheduler.jobs.size())
      return;
    const auto place = scheduler.jobs.begin() + static_cast<std::ptrdiff_t>(actor);
    job = *place;
    scheduler.jobs.erase(place);
  }
#if NEXUS_LLM_CAF_1
  const auto result = job->resume(&scheduler, 1);
#else
  const auto result = job->resume(&impl_->worker, 1);
#endif
  switch (result) {
  case caf::resumable::resume_later: {
    std::lock_guard lock{scheduler.mutex};
    scheduler.jobs.push_front(job);
    break;
  }
  case caf::resumable::shutdown_execution_unit:
    break;
  default:
    intrusive_ptr_release(job);
  }
}

TakenLetter SteppedSystem::take(std::size_t actor) {
  TakenLetter taken;
  auto* receiver = impl_->actor(actor);
  taken.parts_ = std::make_unique<TakenLetter::Parts>();
  taken.parts_->receiver = caf::strong_actor_ptr{receiver->ctrl()};
  taken.parts_->element = Impl::pop(*receiver);
  return taken;
}

void SteppedSystem::deliver(TakenLetter letter) {
  if (!letter.parts_)
    return;
  auto parts = std::move(letter.parts_);
#if NEXUS_LLM_CAF_1
  parts->receiver->get()->enqueue(std::move(parts->element), &impl_->scheduler);
#else
  parts->receiver->enqueue(std::move(parts->element), &impl_->worker);
#endif
}

void SteppedSystem::replace(std::size_t actor, caf::message content) {
  auto* receiver = impl_->actor(actor);
  auto element = Impl::pop(*receiver);
#if NEXUS_LLM_CAF_1
  element->payload = std::move(content);
  Impl::put_first(*receiver, std::move(element));
#else
  Impl::put_first(*receiver,
                  caf::make_mailbox_element(std::move(element->sender), element->mid,
                                            std::move(element->stages), std::move(content)));
#endif
}

SteppedSystem::Time SteppedSystem::now() const {
#if NEXUS_LLM_CAF_1
  return impl_->clock.now();
#else
  return impl_->scheduler.clock().now();
#endif
}

std::optional<SteppedSystem::Time> SteppedSystem::next_timeout() const {
#if NEXUS_LLM_CAF_1
  return impl_->clock.next();
#else
  const auto& schedule = impl_->scheduler.clock().schedule();
  return schedule.empty() ? std::nullopt : std::optional{schedule.begin()->first};
#endif
}

void SteppedSystem::advance_to(Time time) {
#if NEXUS_LLM_CAF_1
  impl_->clock.advance_to(time);
#else
  auto& clock = impl_->scheduler.clock();
  clock.advance_time(std::max(time - clock.now(), Time::duration{0}));
#endif
}

void SteppedSystem::drop_timeouts() {
#if NEXUS_LLM_CAF_1
  impl_->clock.drop();
#else
  impl_->scheduler.clock().cancel_all();
#endif
}

bool SteppedSystem::wait_for_ready(std::chrono::milliseconds limit) {
  auto& scheduler = impl_->scheduler;
  std::unique_lock lock{scheduler.mutex};
  return scheduler.changed.wait_for(lock, limit, [&scheduler] { return !scheduler.jobs.empty(); });
}

} // namespace nexus::llm
