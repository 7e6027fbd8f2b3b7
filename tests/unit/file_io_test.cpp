// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(file_io)

BOOST_AUTO_TEST_CASE(a_file_may_be_exactly_as_large_as_the_limit) {
  const test::TemporaryDirectory directory;
  const auto path = directory / "file";
  const std::string content(40'000, 'x');
  std::ofstream{path} << content;
  std::error_code error;
  BOOST_TEST((read_file(path, content.size(), error) == content));
  BOOST_TEST(!error);
  BOOST_TEST(!read_file(path, content.size() - 1, error).has_value());
  BOOST_TEST((error == std::errc::file_too_large));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_empty_is_read_and_one_that_is_not_there_is_an_error) {
  const test::TemporaryDirectory directory;
  std::ofstream{directory / "empty"} << "";
  std::error_code error = std::make_error_code(std::errc::io_error);
  BOOST_TEST((read_file(directory / "empty", 1, error) == ""));
  BOOST_TEST(!error);
  BOOST_TEST(!read_file(directory / "none", 1, error).has_value());
  BOOST_TEST((error == std::errc::no_such_file_or_directory));
  BOOST_TEST(!read_file("/dev/null", 1, error).has_value());
  BOOST_TEST((error == std::errc::no_message_available));
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_none_leaves_the_last_error_to_be_read) {
  errno = ENOSPC;
  {
    FileDescriptor none;
    none = FileDescriptor{-1};
  }
  BOOST_TEST(errno == ENOSPC);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_takes_another_one_closes_its_own) {
  FileDescriptor held{::dup(STDERR_FILENO)};
  FileDescriptor other{::dup(STDERR_FILENO)};
  const int before = held.get();
  const int after = other.get();
  held = std::move(other);
  BOOST_TEST(::fcntl(before, F_GETFD) == -1);
  BOOST_TEST(held.get() == after);
  BOOST_TEST(!other.valid());
  auto& same = held;
  held = std::move(same);
  BOOST_TEST(::fcntl(after, F_GETFD) != -1);
}

BOOST_AUTO_TEST_CASE(the_first_descriptor_is_one_as_well) {
  FileDescriptor input{STDIN_FILENO};
  BOOST_TEST(input.valid());
  BOOST_TEST(input.release() == STDIN_FILENO);
  BOOST_TEST(!input.valid());
}

BOOST_AUTO_TEST_CASE(what_an_earlier_call_left_in_errno_is_no_error_of_a_read_or_a_write) {
  const test::TemporaryDirectory directory;
  const auto path = directory / "file";
  for (const int number : {EINTR, EAGAIN}) {
    FileDescriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    errno = number;
    BOOST_TEST(!write_all(file, "text"));
    std::error_code error;
    errno = number;
    BOOST_TEST((read_file(path, 4, error) == "text"));
  }
}

BOOST_AUTO_TEST_CASE(a_pipe_is_read_as_its_writer_writes) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe(ends.data()) == 0);
  const FileDescriptor out{ends[0]};
  FileDescriptor in{ends[1]};
  const auto writer = test::in_child([&] {
    for (const std::string_view part : {"one ", "two "}) {
      if (write_all(in, part))
        return 1;
      for (int unread = 1; unread > 0; ::poll(nullptr, 0, 1))
        if (::ioctl(in.get(), FIONREAD, &unread) != 0)
          return 2;
      // Now the reader finds nothing, and waits.
      ::poll(nullptr, 0, 20);
    }
    return write_all(in, "three") ? 1 : 0;
  });
  in = FileDescriptor{};
  std::error_code error;
  BOOST_TEST((read_file("/dev/fd/" + std::to_string(out.get()), 100, error) == "one two three"));
  BOOST_TEST(!error);
  BOOST_TEST(test::exit_status(writer) == 0);
}

BOOST_AUTO_TEST_CASE(a_socket_is_read_by_the_name_of_its_descriptor_and_not_by_its_own) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const FileDescriptor reader{ends[0]};
  {
    const FileDescriptor writer{ends[1]};
    BOOST_TEST(!write_all(writer, "text"));
  }
  std::error_code error;
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    const auto name = folder + std::to_string(reader.get());
    const auto text = read_file(name, 4, error);
    // What was read is gone, and nothing is an error.
    if (folder == "/dev/fd/")
      BOOST_TEST((text == "text"));
    else
      BOOST_TEST((error == std::errc::no_message_available));
  }
  const test::TemporaryDirectory directory;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (directory / "socket").string();
  BOOST_REQUIRE(path.copy(address.sun_path, sizeof address.sun_path - 1) == path.size());
  const FileDescriptor bound{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  BOOST_REQUIRE(::bind(bound.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
  BOOST_TEST(!read_file(path, 4, error).has_value());
  BOOST_TEST((error == std::errc::no_such_device_or_address));
}

BOOST_AUTO_TEST_CASE(without_a_descriptor_there_is_no_event_and_that_is_told) {
  test::check_in_child([] {
    if (!test::take_all_descriptors())
      return test::not_possible_here;
    try {
      const EventDescriptor event;
      return 1;
    } catch (const std::system_error& error) {
      return error.code() == std::errc::too_many_files_open ? 0 : 2;
    }
  });
}

BOOST_AUTO_TEST_CASE(an_event_is_there_from_its_raise_to_its_clear) {
  const EventDescriptor event;
  const auto is_raised = [&event] {
    pollfd entry{event.descriptor(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
  };
  event.clear(); // does not block
  BOOST_TEST(!is_raised());
  event.raise();
  event.raise();
  BOOST_TEST(is_raised());
  event.clear();
  BOOST_TEST(!is_raised());
}

BOOST_AUTO_TEST_SUITE_END()
