// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <signal.h>
#include <spawn.h>

namespace nexus::llm::cli {

/// Makes a child handle all signals as a program that the shell starts. Not thread-safe.
class SpawnAttributes {
public:
  /// Whether the child gets a process group of its own.
  enum class Group { same, own };

  explicit SpawnAttributes(Group group = Group::same) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (group == Group::own)
      flags |= POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
  posix_spawnattr_t attributes_{};
};

} // namespace nexus::llm::cli
