/* A model of the way from loudspeaker to microphone that learns while the far end speaks and takes its echo away. */
#pragma once

#include <glib.h>

#define ECHO_RATE 48000
/* Samples it takes at a time: 10 ms. */
#define ECHO_BLOCK 480

typedef struct EchoModel EchoModel;

EchoModel *echo_model_new(void);
void echo_model_free(EchoModel *self);
/* Forgets the room. */
void echo_model_reset(EchoModel *self);
/* Blocks of ECHO_BLOCK samples from -1 to 1, `far` as the loudspeaker played it; `near` becomes what is left of it. */
void echo_model_process(EchoModel *self, const float *far, float *near);
