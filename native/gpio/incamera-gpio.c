/*
 * incamera-gpio [FOLDER]: holds GPIO lines of the kernel's character devices (/dev/gpiochip*, uAPI v2, Linux 5.10) for the program
 * that started it. Requests are lines on standard input, answers and edges are lines on standard output. Lines are held for as long
 * as this runs, so that an output that changes is never let go; the kernel takes them back whatever becomes of us. It ends when
 * standard input does.
 *
 *   chips N                              chip N DEVICE LABEL …, denied N DEVICE …, ok N    LABEL and NAME in hex, `-` for none
 *   lines N DEVICE                       line N OFFSET USED NAME …, ok N            USED: 1 when somebody holds it
 *   input N DEVICE OFFSET POLARITY BIAS  ok N ACTIVE; then, as they come, edge N ACTIVE MICROSECONDS (monotonic, of the kernel)
 *   output N DEVICE OFFSET POLARITY VALUE  ok N VALUE
 *   set N LINE VALUE                     ok N VALUE: what the line has afterwards
 *   release N LINE                       ok N
 *
 * N is the caller's number; a line is called by the N that took it. Whatever fails answers `error N ERRNO`; a line whose chip is gone
 * says `lost N ERRNO`, once, and is not held any more. POLARITY: high, low. BIAS: as-is, pull-up, pull-down, disabled.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
  MOST_LINES = 64,
  LONGEST_REQUEST = 127,
  MOST_WORDS = 6,
  LONGEST_DEVICE = 31,
  /* Before Linux 6.6 nothing wakes whoever polls a line when its chip goes: its node is looked for. */
  LOOK_MS = 1000,
};

struct line {
  int fd; /* -1: free */
  unsigned long number;
  char device[LONGEST_DEVICE + 1];
};

static struct line lines[MOST_LINES];
static int folder = -1;

static bool parse_number(const char *text, unsigned long limit, unsigned long *number) {
  if (*text == '\0' || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text)) return false;
  *number = strtoul(text, NULL, 10);
  return *number <= limit;
}

static bool parse_flag(const char *text, const char *clear, const char *set, bool *flag) {
  *flag = strcmp(text, set) == 0;
  return *flag || strcmp(text, clear) == 0;
}

static bool is_device(const char *name) {
  static const char prefix[] = "gpiochip";
  unsigned long number;
  return strncmp(name, prefix, sizeof prefix - 1) == 0 && strlen(name) <= LONGEST_DEVICE &&
         parse_number(name + sizeof prefix - 1, 99999, &number);
}

/* Names come from device trees and firmware: whatever is in them cannot break a line of ours. */
static void print_hex(const char *text, size_t size) {
  size_t length = strnlen(text, size);
  if (length == 0) putchar('-');
  for (size_t i = 0; i < length; i++) printf("%02x", (unsigned char)text[i]);
}

static void answer_error(unsigned long number, int error) {
  const char *name = strerrorname_np(error);
  printf("error %lu %s\n", number, name ? name : "EIO");
}

static int open_chip(const char *device) {
  if (!is_device(device)) {
    errno = EINVAL;
    return -1;
  }
  return openat(folder, device, O_RDWR | O_CLOEXEC);
}

static struct line *held_line(unsigned long number) {
  for (int i = 0; i < MOST_LINES; i++)
    if (lines[i].fd >= 0 && lines[i].number == number) return &lines[i];
  return NULL;
}

static struct line *free_line(void) {
  for (int i = 0; i < MOST_LINES; i++)
    if (lines[i].fd < 0) return &lines[i];
  return NULL;
}

static void let_go(struct line *line) {
  close(line->fd);
  line->fd = -1;
}

static void lose(struct line *line, int error) {
  const char *name = strerrorname_np(error);
  printf("lost %lu %s\n", line->number, name ? name : "EIO");
  let_go(line);
}

static void list_chips(unsigned long number) {
  DIR *entries = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entries == NULL) return answer_error(number, errno);
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (!is_device(entry->d_name)) continue;
    int chip = open_chip(entry->d_name);
    struct gpiochip_info info = {0};
    if (chip < 0 && errno == EACCES) printf("denied %lu %s\n", number, entry->d_name);
    if (chip >= 0 && ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) == 0) {
      printf("chip %lu %s ", number, entry->d_name);
      print_hex(info.label, sizeof info.label);
      putchar('\n');
    }
    if (chip >= 0) close(chip);
  }
  closedir(entries);
  printf("ok %lu\n", number);
}

static void list_lines(unsigned long number, const char *device) {
  int chip = open_chip(device);
  if (chip < 0) return answer_error(number, errno);
  struct gpiochip_info chip_info = {0};
  int error = ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &chip_info) == 0 ? 0 : errno;
  for (unsigned offset = 0; error == 0 && offset < chip_info.lines; offset++) {
    struct gpio_v2_line_info info = {.offset = offset};
    if (ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) != 0) {
      error = errno;
      break;
    }
    printf("line %lu %u %d ", number, offset, (info.flags & GPIO_V2_LINE_FLAG_USED) != 0);
    print_hex(info.name, sizeof info.name);
    putchar('\n');
  }
  close(chip);
  if (error == 0)
    printf("ok %lu\n", number);
  else
    answer_error(number, error);
}

/* The level with the polarity taken off; `otherwise` where the chip cannot read it. */
static bool read_line(int fd, bool otherwise) {
  struct gpio_v2_line_values values = {.mask = 1};
  return ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) == 0 ? (values.bits & 1) != 0 : otherwise;
}

/* Takes a line with everything that it is to be in one request: an output never shows another level than its first. */
static void take(unsigned long number, const char *device, unsigned offset, __u64 flags, bool value) {
  struct line *line = free_line();
  if (line == NULL || held_line(number) != NULL) return answer_error(number, line == NULL ? EMFILE : EEXIST);
  int chip = open_chip(device);
  if (chip < 0) return answer_error(number, errno);
  struct gpio_v2_line_request request = {.offsets = {offset}, .consumer = "incamera", .num_lines = 1, .config.flags = flags};
  if (flags & GPIO_V2_LINE_FLAG_OUTPUT) {
    request.config.num_attrs = 1;
    request.config.attrs[0].mask = 1;
    request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
    request.config.attrs[0].attr.values = value;
  }
  int error = ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0 ? 0 : errno;
  close(chip);
  if (error != 0) return answer_error(number, error);
  fcntl(request.fd, F_SETFD, FD_CLOEXEC);
  fcntl(request.fd, F_SETFL, fcntl(request.fd, F_GETFL) | O_NONBLOCK);
  line->fd = request.fd;
  line->number = number;
  strcpy(line->device, device);
  printf("ok %lu %d\n", number, read_line(line->fd, value));
}

static bool parse_bias(const char *text, __u64 *flags) {
  static const struct {
    const char *name;
    __u64 flags;
  } biases[] = {
      {"as-is", 0},
      {"pull-up", GPIO_V2_LINE_FLAG_BIAS_PULL_UP},
      {"pull-down", GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN},
      {"disabled", GPIO_V2_LINE_FLAG_BIAS_DISABLED},
  };
  for (size_t i = 0; i < sizeof biases / sizeof *biases; i++)
    if (strcmp(text, biases[i].name) == 0) {
      *flags |= biases[i].flags;
      return true;
    }
  return false;
}

static void set_line(unsigned long number, unsigned long which, bool value) {
  struct line *line = held_line(which);
  if (line == NULL) return answer_error(number, EBADF);
  struct gpio_v2_line_values values = {.mask = 1, .bits = value};
  if (ioctl(line->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) == 0)
    printf("ok %lu %d\n", number, read_line(line->fd, value));
  else
    answer_error(number, errno);
}

static void release(unsigned long number, unsigned long which) {
  struct line *line = held_line(which);
  if (line != NULL) let_go(line);
  printf("ok %lu\n", number);
}

/* `words[0]` is the name, `words[1]` the number. Returns whether there is such a request. */
static bool answer_request(char **words, int count, unsigned long number) {
  unsigned long which;
  bool is_low, value;
  __u64 flags;
  if (strcmp(words[0], "chips") == 0 && count == 2) {
    list_chips(number);
  } else if (strcmp(words[0], "lines") == 0 && count == 3) {
    list_lines(number, words[2]);
  } else if (strcmp(words[0], "input") == 0 && count == 6 && parse_number(words[3], 65535, &which) &&
             parse_flag(words[4], "high", "low", &is_low)) {
    flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    if (is_low) flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    if (!parse_bias(words[5], &flags)) return false;
    take(number, words[2], which, flags, false);
  } else if (strcmp(words[0], "output") == 0 && count == 6 && parse_number(words[3], 65535, &which) &&
             parse_flag(words[4], "high", "low", &is_low) && parse_flag(words[5], "0", "1", &value)) {
    take(number, words[2], which, GPIO_V2_LINE_FLAG_OUTPUT | (is_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0), value);
  } else if (strcmp(words[0], "set") == 0 && count == 4 && parse_number(words[2], ~0u, &which) &&
             parse_flag(words[3], "0", "1", &value)) {
    set_line(number, which, value);
  } else if (strcmp(words[0], "release") == 0 && count == 3 && parse_number(words[2], ~0u, &which)) {
    release(number, which);
  } else {
    return false;
  }
  return true;
}

static void handle_request(char *text) {
  char *words[MOST_WORDS], *rest = NULL;
  int count = 0;
  char *word = strtok_r(text, " ", &rest);
  for (; word != NULL && count < MOST_WORDS; word = strtok_r(NULL, " ", &rest)) words[count++] = word;
  unsigned long number = 0;
  if (word != NULL || count < 2 || !parse_number(words[1], ~0u, &number) || !answer_request(words, count, number))
    answer_error(number, EINVAL);
}

/* Requests out of pieces, however they are cut; one that is too long is refused as a whole. Returns false at the end of the input. */
static bool read_requests(void) {
  static char request[LONGEST_REQUEST + 1];
  static size_t length = 0;
  static bool is_overlong = false;
  char piece[512];
  ssize_t size = read(STDIN_FILENO, piece, sizeof piece);
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  for (ssize_t i = 0; i < size; i++) {
    if (piece[i] != '\n') {
      if (length == LONGEST_REQUEST) is_overlong = true;
      /* A zero would end the text early and hide what follows. */
      else request[length++] = piece[i] == '\0' ? '?' : piece[i];
      continue;
    }
    request[length] = '\0';
    if (is_overlong)
      answer_error(0, E2BIG);
    else
      handle_request(request);
    length = 0;
    is_overlong = false;
  }
  return size > 0;
}

/* A full buffer of the kernel drops the oldest edges, so that the last one always says the level. */
static void read_edges(struct line *line) {
  struct gpio_v2_line_event events[16];
  ssize_t size = read(line->fd, events, sizeof events);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < (ssize_t)sizeof *events) return lose(line, size < 0 ? errno : ENODEV);
  for (size_t i = 0; i < size / sizeof *events; i++)
    printf("edge %lu %d %llu\n", line->number, events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE,
           (unsigned long long)(events[i].timestamp_ns / 1000));
}

static void look_for_chips(void) {
  static struct timespec last;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < LOOK_MS) return;
  last = now;
  for (int i = 0; i < MOST_LINES; i++)
    if (lines[i].fd >= 0 && faccessat(folder, lines[i].device, F_OK, 0) != 0) lose(&lines[i], ENODEV);
}

int main(int argc, char **argv) {
  folder = open(argc > 1 ? argv[1] : "/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    perror(argc > 1 ? argv[1] : "/dev");
    return 1;
  }
  for (int i = 0; i < MOST_LINES; i++) lines[i].fd = -1;
  for (;;) {
    struct pollfd polled[1 + MOST_LINES] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    bool is_any = false;
    for (int i = 0; i < MOST_LINES; i++) {
      polled[1 + i] = (struct pollfd){.fd = lines[i].fd, .events = POLLIN | POLLPRI};
      is_any = is_any || lines[i].fd >= 0;
    }
    int ready = poll(polled, 1 + MOST_LINES, is_any ? LOOK_MS : -1);
    if (ready < 0 && errno != EINTR) return 1;
    look_for_chips();
    if (ready > 0) {
      /* Edges first: a request may release the line that they are of. */
      for (int i = 0; i < MOST_LINES; i++) {
        if (lines[i].fd < 0) continue;
        if (polled[1 + i].revents & POLLIN)
          read_edges(&lines[i]);
        else if (polled[1 + i].revents & (POLLERR | POLLHUP | POLLNVAL))
          lose(&lines[i], ENODEV);
      }
      if (polled[0].revents && !read_requests()) return 0;
    }
    /* Whoever started us is gone. */
    if (fflush(stdout) != 0) return 0;
  }
}
