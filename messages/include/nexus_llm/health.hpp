#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/errors.hpp"

namespace nexus::llm {

/// Where a queued request stands. `position` counts from 1; 0 means that it is no longer queued.
struct QueuePosition {
  std::uint32_t position = 0;
  std::uint32_t queue_length = 0;

  static constexpr std::string_view type_name = "QueuePosition";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"position", self.position}, Field{"queueLength", self.queue_length});
  }
  bool operator==(const QueuePosition&) const = default;
};

/// Figures of one role since its start.
struct RoleStats {
  AIRole role = AIRole::overseer;
  std::uint32_t queued = 0;    ///< now
  std::uint32_t in_flight = 0; ///< now
  std::uint64_t accepted = 0;
  std::uint64_t answered = 0; ///< with a result
  std::uint64_t failed = 0;   ///< with an error
  std::uint64_t cancelled = 0;
  std::uint64_t rejected = 0; ///< for overload
  std::uint64_t cache_hits = 0;
  std::uint64_t shared = 0;
  std::uint64_t retries = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t healed = 0;              ///< models unloaded because they hung
  std::uint64_t tokens = 0;              ///< generated
  std::chrono::nanoseconds generating{}; ///< time that Ollama spent on these tokens

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

/// Adds every figure; whose they are stays as it was.
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

/// Loads, downloads, uploads and makings of models, since the start.
struct ModelWork {
  std::uint32_t in_flight = 0; ///< now
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

/// Adds every figure.
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
  std::string last_failure = {}; ///< technical; empty where it never failed

  static constexpr std::string_view type_name = "ComponentHealth";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"running", self.running},
                 Field{"restarts", self.restarts}, Field{"lastFailure", self.last_failure});
  }
  bool operator==(const ComponentHealth&) const = default;
};

/// Whether requests go to Ollama at all (see `circuitBreaker` in the settings).
enum class Circuit : std::uint8_t {
  closed,    ///< they do
  open,      ///< connecting failed again and again: they fail at once until a probe gets through
  half_open, ///< the probe is under way
};

[[nodiscard]] constexpr Circuit last_of(Circuit) noexcept { return Circuit::half_open; }

[[nodiscard]] constexpr std::string_view to_string(Circuit circuit) noexcept {
  constexpr std::string_view names[] = {"closed", "open", "half_open"};
  return names[static_cast<std::size_t>(circuit)];
}

/// State of the way to Ollama.
struct CircuitHealth {
  Circuit state = Circuit::closed;
  std::uint32_t failures = 0;             ///< to connect, without a success since
  std::chrono::milliseconds next_probe{}; ///< until Ollama is tried again; 0 unless `open`
  std::string last_failure = {};          ///< technical; empty unless `failures`

  static constexpr std::string_view type_name = "CircuitHealth";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"state", self.state}, Field{"failures", self.failures},
                 Field{"nextProbe", self.next_probe}, Field{"lastFailure", self.last_failure});
  }
  bool operator==(const CircuitHealth&) const = default;
};

/// Something that supervision did or noticed.
struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    component_failed,
    component_restarted,
    component_given_up, ///< it used up its restarts; the system ends
    request_failed,     ///< the fault was in this system, not in the answer
    circuit_opened,     ///< Ollama does not answer; nothing is sent for some time
    circuit_closed,
    model_healed, ///< a model that gave not a byte was unloaded
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
  return SupervisionEvent::Kind::model_healed;
}

[[nodiscard]] constexpr std::string_view to_string(SupervisionEvent::Kind kind) noexcept {
  constexpr std::string_view names[] = {
      "component_failed", "component_restarted", "component_given_up", "request_failed",
      "circuit_opened",   "circuit_closed",      "model_healed"};
  return names[static_cast<std::size_t>(kind)];
}

/// State of the whole system.
struct Health {
  bool reachable = false;   ///< Ollama answered when it was last asked
  std::string version = {}; ///< Ollama's, when it was last heard
  CircuitHealth circuit;
  std::vector<ComponentHealth> components = {};
  std::vector<RoleStats> roles = {};
  ModelWork models;
  std::vector<SupervisionEvent> events = {}; ///< the latest, oldest first

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
