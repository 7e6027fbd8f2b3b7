// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/portability.hpp"

#if !NEXUS_LLM_CAF_1
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/detail/type_erased_value_impl.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "messages/peer_guard.hpp"

/// Which of the types that a program has registered with CAF may come from another process, and in
/// which state.
namespace nexus::llm {

#if NEXUS_LLM_CAF_1

/// CAF 1.x refuses pointers itself.
template <class Block> void guard_types(caf::actor_system_config&) {}

#else

/// Configuration key for the names of the types that stay within their process.
inline constexpr char process_types_key[] = "nexus-llm.process-types";
/// Configuration key for the names of the lists that may come from another process.
inline constexpr char list_types_key[] = "nexus-llm.list-types";

namespace detail {

template <class T>
concept Handle = requires {
  typename T::signatures;
};
template <class T>
concept Handles = requires {
  requires Handle<typename T::value_type>;
};
template <class T> inline constexpr bool is_list = false;
template <class T> inline constexpr bool is_list<std::vector<T>> = true;
/// What CAF takes from another process in a state that it cannot have here. (Structures check their
/// members themselves.)
template <class T>
concept Doubtful = Handle<T> || Handles<T> || std::is_enum_v<T> || Checkable<T>;

/// Handles name actors that are there: CAF makes null handles of others. Enums have known values.
template <Doubtful T> bool is_good(const T& value) {
  if constexpr (Handle<T>)
    return static_cast<bool>(value);
  else if constexpr (Handles<T>)
    return std::ranges::all_of(value, [](const auto& handle) { return is_good(handle); });
  else if constexpr (std::is_enum_v<T>)
    return is_known(value);
  else
    return value.is_valid();
}

/// A value that comes from another process.
template <Doubtful T> class ReceivedValue final : public caf::detail::type_erased_value_impl<T> {
  using Base = caf::detail::type_erased_value_impl<T>;

public:
  caf::error load(caf::deserializer& source) override {
    if (auto error = Base::load(source))
      return error;
    return is_good(*static_cast<const T*>(this->get()))
               ? caf::error{}
               : caf::make_error(caf::sec::invalid_argument);
  }
};

/// Adds a name to a list in the configuration.
inline void add_name(caf::actor_system_config& config, caf::string_view key,
                     const std::string& name) {
  auto names = caf::get_or(config, key, std::vector<std::string>{});
  names.push_back(name);
  caf::put(config.content, key, std::move(names));
}

template <caf::type_id_t Id> void guard_type(caf::actor_system_config& config) {
  using Type = typename caf::type_by_id<Id>::type;
  const std::string name = caf::type_name_by_id<Id>::value;
  if constexpr (caf::is_allowed_unsafe_message_type<Type>::value)
    return add_name(config, process_types_key, name);
  if constexpr (is_list<Type>)
    add_name(config, list_types_key, name);
  if constexpr (Doubtful<Type>)
    config.value_factories_by_name[name] = [] {
      return caf::type_erased_value_ptr{std::make_unique<ReceivedValue<Type>>()};
    };
}

} // namespace detail

/// Refuses, from other processes, pointers, which are not serialized, handles of actors that are
/// not there, and unknown values of enums. Call it for each block of types, after `add_types`.
template <class Block> void guard_types(caf::actor_system_config& config) {
  [&]<std::size_t... Offsets>(std::index_sequence<Offsets...>) {
    (detail::guard_type<static_cast<caf::type_id_t>(Block::begin + Offsets)>(config), ...);
  }
  (std::make_index_sequence<Block::end - Block::begin>{});
}

/// Returns the types that may come, without the flat ones of CAF. CAF registers others for itself
/// in each configuration, and for each type of a program its list and its stream: a list of values
/// that take no bytes may announce any length. Of these, only the lists of a block that was guarded
/// come.
inline std::shared_ptr<const PeerGuard::TypeNames>
network_types(const caf::actor_system_config& config) {
  const caf::actor_system_config of_caf;
  const auto process_types = caf::get_or(config, process_types_key, std::vector<std::string>{});
  const auto lists = caf::get_or(config, list_types_key, std::vector<std::string>{});
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  auto names = std::make_shared<PeerGuard::TypeNames>();
  for (const auto& [name, factory] : config.value_factories_by_name) {
    const bool derived = name.starts_with("std::vector<") || name.starts_with("stream<");
    if (!of_caf.value_factories_by_name.contains(name) && !has(process_types, name) &&
        (!derived || has(lists, name)))
      names->insert(name);
  }
  return names;
}

#endif

} // namespace nexus::llm
