// What Swift's Glibc module leaves out. Declared, not defined: `_GNU_SOURCE` here would clash with Glibc's own module.
#ifndef PARLEY_LINUX_H
#define PARLEY_LINUX_H

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>

extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);
extern void *memmem(const void *, size_t, const void *, size_t);

#endif
