package clienttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
)

// memory is a transport that calls a handler instead of a network. It fails as a network does.
type memory struct {
	handler http.Handler
	ctx     context.Context //nolint:containedctx // that of the server, with which every request ends
	gate    *gate
}

// RoundTrip implements http.RoundTripper.
func (m *memory) RoundTrip(request *http.Request) (*http.Response, error) {
	if host := request.URL.Host; host != "highlevel.test" {
		closeBody(request)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("no route to %s: the fake has no socket", host)}
	}
	if !m.gate.enter() {
		closeBody(request)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	ctx, cancel := context.WithCancel(request.Context())
	w := &memoryResponse{header: http.Header{}, started: make(chan struct{}), ctx: ctx, cancel: cancel}
	stop := context.AfterFunc(m.ctx, cancel)
	go func() {
		defer m.gate.leave()
		defer stop()
		defer closeBody(request)
		w.run(m.handler, inbound(ctx, request))
	}()
	select {
	case <-w.started:
	case <-ctx.Done():
		if err := request.Context().Err(); err != nil {
			return nil, err
		}
		return nil, errReset() // the server has ended
	}
	if w.err != nil {
		cancel()
		return nil, w.err
	}
	return w.response(request), nil
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close() // nothing is lost: it was for reading
	}
}

// inbound is the request as a server sees it.
func inbound(ctx context.Context, request *http.Request) *http.Request {
	received := request.Clone(ctx)
	if received.Body == nil {
		received.Body = http.NoBody
	}
	received.RequestURI = request.URL.RequestURI()
	received.RemoteAddr = "127.0.0.1:1"
	return received
}

// memoryResponse keeps an answer until the handler is done, or until it flushes; from then on the caller reads along.
type memoryResponse struct {
	header  http.Header
	status  int
	buffer  bytes.Buffer
	pipe    *io.PipeWriter // nil before the first flush
	body    io.ReadCloser
	started chan struct{}
	once    sync.Once
	err     error           // set before started is closed
	ctx     context.Context //nolint:containedctx // that of the request, as in http.Request
	cancel  context.CancelFunc
}

func (w *memoryResponse) run(handler http.Handler, request *http.Request) {
	defer func() {
		aborted := recover()
		if aborted != nil && !errors.Is(asError(aborted), http.ErrAbortHandler) {
			panic(aborted)
		}
		w.finish(aborted != nil)
	}()
	handler.ServeHTTP(w, request)
}

func asError(recovered any) error {
	err, _ := recovered.(error)
	return err
}

// Header implements http.ResponseWriter.
func (w *memoryResponse) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *memoryResponse) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *memoryResponse) Write(part []byte) (int, error) {
	if w.pipe != nil {
		return w.pipe.Write(part)
	}
	return w.buffer.Write(part)
}

// Flush implements http.Flusher.
func (w *memoryResponse) Flush() {
	if w.pipe == nil {
		reader, writer := io.Pipe()
		w.pipe = writer
		w.body = &joinedBody{io.MultiReader(bytes.NewReader(bytes.Clone(w.buffer.Bytes())), reader), reader, w.cancel}
		context.AfterFunc(w.ctx, func() { _ = writer.CloseWithError(w.ctx.Err()) }) // a reader that has gone reads no more
		w.start(nil)
	}
}

func (w *memoryResponse) start(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.started)
	})
}

func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// reset implements resetter.
func (w *memoryResponse) reset() {
	err := errReset()
	if w.pipe != nil {
		_ = w.pipe.CloseWithError(err) // never fails
	}
	w.start(err)
}

func (w *memoryResponse) finish(aborted bool) {
	switch {
	case w.pipe != nil && aborted && w.ctx.Err() != nil:
		_ = w.pipe.CloseWithError(w.ctx.Err()) // never fails
	case w.pipe != nil && aborted:
		_ = w.pipe.CloseWithError(io.ErrUnexpectedEOF) // never fails
	case w.pipe != nil:
		_ = w.pipe.Close() // never fails
	case aborted:
		w.start(io.EOF)
	default:
		w.body = &joinedBody{bytes.NewReader(w.buffer.Bytes()), nil, w.cancel}
		w.start(nil)
	}
}

func (w *memoryResponse) response(request *http.Request) *http.Response {
	length, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: w.body, ContentLength: length, Request: request,
	}
}

// joinedBody is a response body whose closing ends the request.
type joinedBody struct {
	io.Reader

	pipe   *io.PipeReader // nil if the answer was whole
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b *joinedBody) Close() error {
	b.cancel()
	if b.pipe != nil {
		return b.pipe.Close()
	}
	return nil
}
