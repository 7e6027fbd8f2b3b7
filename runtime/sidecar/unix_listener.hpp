// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>

#include "config/file_io.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::sidecar {

/// A listening Unix socket that only its owner may connect to (mode 0600). Removes its file in the
/// destructor. Not thread-safe.
class UnixListener {
public:
  /// Listens at a path. Replaces the socket of a program that has ended without removing it.
  /// Errors: `listen_failed`, also if a program listens there, or if the file is no socket.
  [[nodiscard]] static Result<std::unique_ptr<UnixListener>> open(std::filesystem::path path);
  ~UnixListener();
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;

  /// Returns a descriptor for `poll` that is readable when a client connects.
  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  /// Returns the connection of the next client; not valid if there is none.
  [[nodiscard]] FileDescriptor accept() const;

private:
  UnixListener(std::filesystem::path path, FileDescriptor socket, ino_t file)
      : path_{std::move(path)}, socket_{std::move(socket)}, file_{file} {}

  const std::filesystem::path path_;
  const FileDescriptor socket_;
  const ino_t file_; ///< another program may have put its own socket in the place of this one
};

} // namespace nexus::llm::sidecar
