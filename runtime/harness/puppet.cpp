// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/puppet.hpp"

#include "actors/internal_interfaces.hpp"

namespace nexus::llm::testing {

namespace {
/// Requests of a puppet must not time out before the script ends.
constexpr std::chrono::hours very_long{24 * 365};
} // namespace

Puppet::Puppet(caf::actor_system& system, Manner manner) : state_{std::make_shared<State>()} {
  state_->manner = manner;
  actor_ = system.spawn([state = state_](caf::event_based_actor* self) -> caf::behavior {
    // The script decides about errors, including undeliverable messages.
    self->set_error_handler([](const caf::error&) {});
    catch_all(self, [self, state](const caf::message& message, bool is_request) {
      if (is_hand_over(message))
        return;
      auto& promise = state->promises.emplace_back();
      if (!is_request)
        return;
      if (state->manner == Manner::obliging)
        self->make_response_promise().deliver(caf::message{});
      else
        promise = self->make_response_promise();
    });
    return {[self, state](tick_atom) {
      while (!state->orders.empty()) {
        const auto next = std::move(state->orders.front());
        state->orders.pop_front();
        next(self);
      }
    }};
  });
}

bool is_hand_over(const caf::message& message) {
  return message.size() == 1 &&
         (message.match_element<ComponentsPtr>(0) || message.match_element<CataloguePtr>(0));
}

void Puppet::order(Order what) {
  state_->orders.push_back(std::move(what));
  anon_tell(actor_, tick_atom_v);
}

void Puppet::send(const caf::actor& receiver, caf::message content) {
  order([receiver, content](caf::event_based_actor* self) { tell(self, receiver, content); });
}

void Puppet::ask(const caf::actor& receiver, caf::message content) {
  order([receiver, content](caf::event_based_actor* self) {
    nexus::llm::ask(self, receiver, very_long, content).then([] {}, [](const caf::error&) {});
  });
}

void Puppet::answer(std::size_t number, caf::message content) {
  order([state = state_, number, content](caf::event_based_actor*) {
    if (number < state->promises.size() && state->promises[number].pending())
      state->promises[number].deliver(content);
  });
}

void Puppet::fail(std::size_t number, caf::error error) {
  order([state = state_, number, error](caf::event_based_actor*) {
    if (number < state->promises.size() && state->promises[number].pending())
      state->promises[number].deliver(error);
  });
}

void Puppet::set_manner(Manner manner) {
  order([state = state_, manner](caf::event_based_actor*) {
    state->manner = manner;
    if (manner == Manner::obliging)
      for (auto& promise : state->promises)
        if (promise.pending())
          promise.deliver(caf::message{});
  });
}

void Puppet::end(caf::error reason) {
  order([reason](caf::event_based_actor* self) { self->quit(reason); });
}

} // namespace nexus::llm::testing
