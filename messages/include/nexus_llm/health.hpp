// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// Position of a request in the queue of its role, counted from 1; 0 if it is not queued anymore.
struct QueuePosition {
  std::uint32_t position = 0;
  std::uint32_t queue_length = 0;

  static constexpr std::string_view type_name = "QueuePosition";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"position", self.position}, Field{"queueLength", self.queue_length});
  }
  bool operator==(const QueuePosition&) const = default;
};

/// What a request asks for.
enum class Task : std::uint8_t {
  generate, ///< an answer to a prompt
  chat,     ///< an answer to a conversation
  embed,    ///< the vectors of texts
  batch,    ///< the answers to several prompts; each is a request of its own as well
};

[[nodiscard]] constexpr Task last_of(Task) noexcept { return Task::batch; }

[[nodiscard]] constexpr std::string_view to_string(Task task) noexcept {
  constexpr std::string_view names[] = {"generate", "chat", "embed", "batch"};
  return names[static_cast<std::size_t>(task)];
}

/// A request that is not answered yet.
struct RunningRequest {
  RequestId id = {};
  AIRole role = AIRole::overseer;
  Task task = Task::generate;
  Phase phase = Phase::queued;
  std::string model = {};     ///< of the current attempt; empty before the first, unless asked for
  std::uint32_t attempts = 0; ///< on all models
  std::chrono::milliseconds age{};

  static constexpr std::string_view type_name = "RunningRequest";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"role", self.role}, Field{"task", self.task},
                 Field{"phase", self.phase}, Field{"model", self.model},
                 Field{"attempts", self.attempts}, Field{"age", self.age});
  }
  bool operator==(const RunningRequest&) const = default;
};

/// The requests of a role that are not answered yet.
struct RunningRequests {
  /// The number of entries; there may be more requests.
  static constexpr std::size_t most = 256;

  std::uint64_t total = 0;
  std::vector<RunningRequest> requests = {}; ///< the oldest, in the order of arrival

  static constexpr std::string_view type_name = "RunningRequests";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"total", self.total}, Field{"requests", self.requests});
  }
  bool operator==(const RunningRequests&) const = default;
};

/// Counters of one role since its start.
struct RoleStats {
  AIRole role = AIRole::overseer;
  std::uint32_t queued = 0;    ///< currently
  std::uint32_t in_flight = 0; ///< currently
  std::uint64_t accepted = 0;
  std::uint64_t answered = 0; ///< with a result
  std::uint64_t failed = 0;   ///< with an error
  std::uint64_t cancelled = 0;
  std::uint64_t rejected = 0; ///< because of overload
  std::uint64_t cache_hits = 0;
  std::uint64_t shared = 0;
  std::uint64_t retries = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t healed = 0;              ///< models unloaded because they were stuck
  std::uint64_t tokens = 0;              ///< generated
  std::chrono::nanoseconds generating{}; ///< time that Ollama spent generating these tokens

  static constexpr std::string_view type_name = "RoleStats";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"role", self.role}, Field{"queued", self.queued},
                 Field{"inFlight", self.in_flight}, Field{"accepted", self.accepted},
                 Field{"answered", self.answered}, Field{"failed", self.failed},
                 Field{"cancelled", self.cancelled}, Field{"rejected", self.rejected},
                 Field{"cacheHits", self.cache_hits}, Field{"shared", self.shared},
                 Field{"retries", self.retries}, Field{"fallbacks", self.fallbacks},
                 Field{"healed", self.healed}, Field{"tokens", self.tokens},
                 Field{"generating", self.generating});
  }
  bool operator==(const RoleStats&) const = default;
};

/// Adds all counters of `more` to `sum`. The role of `sum` does not change.
inline RoleStats& operator+=(RoleStats& sum, const RoleStats& more) {
  RoleStats::fields(sum, [&more](auto... total) {
    RoleStats::fields(more, [&](auto... part) {
      auto add = [](auto& to, const auto& what) {
        if constexpr (!std::is_enum_v<std::decay_t<decltype(to)>>)
          to += what;
      };
      (add(total.value, part.value), ...);
    });
  });
  return sum;
}

/// Counters of loading, downloading, uploading and creating models since the start.
struct ModelWork {
  std::uint32_t in_flight = 0; ///< currently
  std::uint64_t accepted = 0;
  std::uint64_t answered = 0; ///< with a result
  std::uint64_t failed = 0;   ///< with an error
  std::uint64_t cancelled = 0;

  static constexpr std::string_view type_name = "ModelWork";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"inFlight", self.in_flight}, Field{"accepted", self.accepted},
                 Field{"answered", self.answered}, Field{"failed", self.failed},
                 Field{"cancelled", self.cancelled});
  }
  bool operator==(const ModelWork&) const = default;
};

/// Adds all counters of `more` to `sum`.
inline ModelWork& operator+=(ModelWork& sum, const ModelWork& more) {
  ModelWork::fields(sum, [&more](auto... total) {
    ModelWork::fields(more, [&](auto... part) { ((total.value += part.value), ...); });
  });
  return sum;
}

/// State of one supervised component.
struct ComponentHealth {
  std::string name = {};
  bool running = false;
  std::uint64_t restarts = 0;    ///< since the start of the system
  std::string last_failure = {}; ///< technical; empty if it never failed

  static constexpr std::string_view type_name = "ComponentHealth";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"running", self.running},
                 Field{"restarts", self.restarts}, Field{"lastFailure", self.last_failure});
  }
  bool operator==(const ComponentHealth&) const = default;
};

/// State of the circuit breaker (see `circuitBreaker` in the settings).
enum class Circuit : std::uint8_t {
  closed,    ///< requests are sent to Ollama
  open,      ///< connecting failed repeatedly: requests fail immediately until a probe succeeds
  half_open, ///< a probe is in flight
};

[[nodiscard]] constexpr Circuit last_of(Circuit) noexcept { return Circuit::half_open; }

[[nodiscard]] constexpr std::string_view to_string(Circuit circuit) noexcept {
  constexpr std::string_view names[] = {"closed", "open", "half_open"};
  return names[static_cast<std::size_t>(circuit)];
}

/// State of the circuit breaker and its last failure.
struct CircuitHealth {
  Circuit state = Circuit::closed;
  std::uint32_t failures = 0;             ///< consecutive failures to connect
  std::chrono::milliseconds next_probe{}; ///< time until the next probe; 0 unless `open`
  std::string last_failure = {};          ///< technical; empty if `failures` is 0

  static constexpr std::string_view type_name = "CircuitHealth";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"state", self.state}, Field{"failures", self.failures},
                 Field{"nextProbe", self.next_probe}, Field{"lastFailure", self.last_failure});
  }
  bool operator==(const CircuitHealth&) const = default;
};

/// Reports an action or an observation of the supervision.
struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    component_failed,
    component_restarted,
    component_given_up, ///< no restarts left; the system shuts down
    request_failed,     ///< because of an error in this library, not in Ollama's response
    circuit_opened,     ///< Ollama is unreachable; no requests are sent for some time
    circuit_closed,
    model_healed, ///< a model that produced no output was unloaded
    settings_changed,
  };
  Kind kind = Kind::component_failed;
  std::string subject = {}; ///< the component, request, base URL or model
  std::string detail = {};  ///< technical

  static constexpr std::string_view type_name = "SupervisionEvent";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"kind", self.kind}, Field{"subject", self.subject},
                 Field{"detail", self.detail});
  }
  bool operator==(const SupervisionEvent&) const = default;
};

[[nodiscard]] constexpr SupervisionEvent::Kind last_of(SupervisionEvent::Kind) noexcept {
  return SupervisionEvent::Kind::settings_changed;
}

[[nodiscard]] constexpr std::string_view to_string(SupervisionEvent::Kind kind) noexcept {
  constexpr std::string_view names[] = {
      "component_failed", "component_restarted", "component_given_up", "request_failed",
      "circuit_opened",   "circuit_closed",      "model_healed",       "settings_changed"};
  return names[static_cast<std::size_t>(kind)];
}

/// State of the entire system.
struct Health {
  bool reachable = false;   ///< Ollama answered the last query
  std::string version = {}; ///< last known version of Ollama
  CircuitHealth circuit;
  std::vector<ComponentHealth> components = {};
  std::vector<RoleStats> roles = {};
  ModelWork models;
  std::vector<SupervisionEvent> events = {}; ///< most recent events, oldest first

  static constexpr std::string_view type_name = "Health";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"reachable", self.reachable}, Field{"version", self.version},
                 Field{"circuit", self.circuit}, Field{"components", self.components},
                 Field{"roles", self.roles}, Field{"models", self.models},
                 Field{"events", self.events});
  }
  bool operator==(const Health&) const = default;
};

} // namespace nexus::llm
