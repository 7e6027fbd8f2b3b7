// SPDX-License-Identifier: BSD-3-Clause
#include "messages/portability_scheduler.hpp"

#if !NEXUS_LLM_CAF_1

#include <caf/actor_system.hpp>
#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <memory>

#include "messages/job_queue.hpp"

namespace nexus::llm {

namespace detail {

ShortHandlers::Run::Run() noexcept { JobQueue<caf::resumable*>::begin_short(); }

ShortHandlers::Run::~Run() { JobQueue<caf::resumable*>::end_short(); }

} // namespace detail

namespace {

bool is_short(caf::resumable* job) { return dynamic_cast<detail::ShortHandlers*>(job) != nullptr; }

struct Jobs : JobQueue<caf::resumable*> {
  explicit Jobs(caf::scheduler::abstract_coordinator*) : JobQueue{&is_short} {}
};

struct NothingOfItsOwn {
  explicit NothingOfItsOwn(caf::scheduler::abstract_coordinator*) {}
};

/// The policy, in the form that CAF expects.
class Sharing : public caf::policy::unprofiled {
public:
  using coordinator_data = Jobs;
  using worker_data = NothingOfItsOwn;

  template <class Coordinator> void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).push(job);
  }
  template <class Worker> void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).push(job);
  }
  template <class Worker> void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).push(job);
  }
  template <class Worker> void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).push(job);
  }
  template <class Worker> caf::resumable* dequeue(Worker* self) { return d(self->parent()).pop(); }
  template <class Worker, class Use> void foreach_resumable(Worker*, Use) {}
  template <class Coordinator, class Use>
  void foreach_central_resumable(Coordinator* self, Use use) {
    d(self).take_all(use);
  }
};

} // namespace

caf::actor_system::module* make_scheduler(caf::actor_system& system) {
  return std::make_unique<caf::scheduler::coordinator<Sharing>>(system).release();
}

} // namespace nexus::llm

#endif
