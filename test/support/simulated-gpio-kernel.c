/*
 * The kernel's GPIO character device (uAPI v2) for a program that this is preloaded into: a file `gpiochipN` holds a chip, its label
 * in the first line and the name of a GPIO line in each further one. Who stands outside is on the socket SIMULATED_GPIO: it writes
 * `drive CHIP OFFSET LEVEL`, and reads `done` for it, and `shown CHIP OFFSET LEVEL` for each physical level an output is given.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/gpio.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CHIPS = 4, LINES = 16 };

static struct line {
  int fd, outside; /* the program's end and ours, 0: nobody holds it */
  int high;
  __u64 flags;
} lines[CHIPS][LINES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int control = -1;
static __u32 seqno;

static void *hear(void *unused) {
  FILE *in = fdopen(dup(control), "r");
  unsigned chip, offset, level;
  while (fscanf(in, " drive %u %u %u", &chip, &offset, &level) == 3) {
    pthread_mutex_lock(&lock);
    struct line *line = &lines[chip % CHIPS][offset % LINES];
    int changes = line->high != (int)level && !(line->flags & GPIO_V2_LINE_FLAG_OUTPUT);
    if (changes) line->high = level;
    if (changes && line->outside) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      int active = line->high != ((line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
      struct gpio_v2_line_event event = {
          .timestamp_ns = now.tv_sec * 1000000000ull + now.tv_nsec,
          .id = active ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
          .offset = offset,
          .seqno = ++seqno,
      };
      if (write(line->outside, &event, sizeof event) < 0) abort();
    }
    pthread_mutex_unlock(&lock);
    dprintf(control, "done\n");
  }
  return unused;
}

__attribute__((constructor)) static void begin(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, getenv("SIMULATED_GPIO"), sizeof address.sun_path - 1);
  control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(control, (struct sockaddr *)&address, sizeof address) != 0) abort();
  pthread_t thread;
  pthread_create(&thread, NULL, hear, NULL);
}

static int fail(int error) {
  errno = error;
  return -1;
}

/* The text of a chip's line, 0 being its label. Returns how many there are; -1: no chip. */
static int chip_text(int fd, int wanted, char *text, int *chip) {
  char path[64], target[256] = {0}, content[2048] = {0};
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  char *name;
  if (readlink(path, target, sizeof target - 1) < 0 || !(name = strstr(target, "gpiochip"))) return -1;
  *chip = atoi(name + strlen("gpiochip"));
  if (pread(fd, content, sizeof content - 1, 0) < 0) return -1;
  int count = 0;
  for (char *line = content, *end; (end = strchr(line, '\n')); line = end + 1, count++)
    if (count == wanted) snprintf(text, GPIO_MAX_NAME_SIZE, "%.*s", (int)(end - line), line);
  return count;
}

static void show(int chip, int offset, int active) {
  struct line *line = &lines[chip][offset];
  line->high = active != ((line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
  dprintf(control, "shown %d %d %d\n", chip, offset, line->high);
}

static int take(int chip, struct gpio_v2_line_request *request) {
  struct line *line = &lines[chip][request->offsets[0]];
  int pair[2];
  if (line->fd) return fail(EBUSY);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return -1;
  *line = (struct line){.fd = pair[0], .outside = pair[1], .high = line->high, .flags = request->config.flags};
  request->fd = pair[0];
  if (line->flags & GPIO_V2_LINE_FLAG_OUTPUT) show(chip, request->offsets[0], request->config.attrs[0].attr.values & 1);
  return 0;
}

static int serve_line(int chip, int offset, unsigned long code, struct gpio_v2_line_values *values) {
  struct line *line = &lines[chip][offset];
  if (code == GPIO_V2_LINE_GET_VALUES_IOCTL)
    values->bits = line->high != ((line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
  else if (code == GPIO_V2_LINE_SET_VALUES_IOCTL && (line->flags & GPIO_V2_LINE_FLAG_OUTPUT))
    show(chip, offset, values->bits & 1);
  else
    return fail(EPERM);
  return 0;
}

static int serve_chip(int fd, unsigned long code, void *argument) {
  int chip = 0;
  char text[GPIO_MAX_NAME_SIZE] = {0};
  int count = chip_text(fd, 0, text, &chip) - 1;
  if (count < 0 || chip >= CHIPS) return fail(ENOTTY);
  if (code == GPIO_GET_CHIPINFO_IOCTL) {
    struct gpiochip_info *info = argument;
    memcpy(info->label, text, sizeof text);
    info->lines = count;
    return 0;
  }
  if (code == GPIO_V2_GET_LINEINFO_IOCTL) {
    struct gpio_v2_line_info *info = argument;
    if ((int)info->offset >= count) return fail(EINVAL);
    info->flags = lines[chip][info->offset].fd ? GPIO_V2_LINE_FLAG_USED : 0;
    memset(info->name, 0, sizeof info->name);
    chip_text(fd, 1 + info->offset, info->name, &chip);
    return 0;
  }
  if (code == GPIO_V2_GET_LINE_IOCTL) return take(chip, argument);
  return fail(EINVAL);
}

int ioctl(int fd, unsigned long code, ...) {
  va_list rest;
  va_start(rest, code);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  pthread_mutex_lock(&lock);
  int result = -2;
  for (int chip = 0; chip < CHIPS; chip++)
    for (int offset = 0; offset < LINES; offset++)
      if (lines[chip][offset].fd == fd) result = serve_line(chip, offset, code, argument);
  if (result == -2) result = serve_chip(fd, code, argument);
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int close(int fd) {
  static int (*next)(int);
  if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "close");
  pthread_mutex_lock(&lock);
  for (int chip = 0; chip < CHIPS; chip++)
    for (int offset = 0; offset < LINES; offset++) {
      struct line *line = &lines[chip][offset];
      if (line->fd != fd || fd == 0) continue;
      next(line->outside);
      *line = (struct line){.high = line->high};
    }
  pthread_mutex_unlock(&lock);
  return next(fd);
}
