#ifndef WEB_HTTP_MEMORY_H
#define WEB_HTTP_MEMORY_H

/*
 * Gives libcurl allocators that wipe what they free: its buffers hold request bodies and keys, which
 * must not outlive the request. To be called before anything else of libcurl in this process; a
 * second call only counts. Aborts when libcurl can't start.
 */
void http_memory_setup(void);

#endif
