package clienttest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// exchange is a request that a fault applies to.
type exchange struct {
	server *Server
	call   *call
	fault  *Fault
	writer http.ResponseWriter
}

// serve writes the response, or what the fault makes of it. The request is logged first.
func (e *exchange) serve() {
	if !wait(e.call.request.Context(), e.fault.Delay) || e.fault.Cut == CutBefore {
		e.reset()
		return
	}
	response := e.faultyResponse()
	if e.fault.Cut == CutAfter {
		e.reset()
		return
	}
	e.server.log(e.call, response.Status, true)
	e.send(response)
}

// faultyResponse returns the response of the operation or that of the fault, changed as the fault
// says.
func (e *exchange) faultyResponse() wire.Response {
	f := e.fault
	response := wire.JSON(http.StatusOK, nil)
	if !f.replaces() || f.Applied {
		response = e.server.respond(e.call)
	}
	if f.replaces() {
		response.Body = []byte(f.Body)
	}
	response.Status = cmp.Or(f.Status, response.Status)
	for name, values := range f.Header {
		response.Header.Del(name)
		for _, value := range values {
			response.Header.Add(name, value)
		}
	}
	response.Body = f.patch(response.Body)
	return response
}

// send writes the response as the fault says.
func (e *exchange) send(r wire.Response) {
	half := len(r.Body) / 2
	switch e.fault.Cut {
	case CutBody:
		e.sendHeader(r, len(r.Body))
		e.write(r.Body[:half])
		panic(http.ErrAbortHandler) // closes the connection before the end of the body
	case CutStall:
		e.sendHeader(r, len(r.Body))
		e.write(r.Body[:half])
		<-e.call.request.Context().Done()
		panic(http.ErrAbortHandler)
	case CutEndless:
		e.sendHeader(r, -1)
		e.write(r.Body)
		spaces := bytes.Repeat([]byte{' '}, 32<<10)
		for e.write(spaces) {
		}
		panic(http.ErrAbortHandler)
	default:
		e.sendHeader(r, len(r.Body))
		if e.fault.BodyDelay > 0 {
			e.write(r.Body[:half])
			if !wait(e.call.request.Context(), e.fault.BodyDelay) {
				panic(http.ErrAbortHandler)
			}
			r.Body = r.Body[half:]
		}
		_, _ = e.writer.Write(r.Body)
	}
}

func (e *exchange) sendHeader(r wire.Response, length int) {
	header := e.writer.Header()
	maps.Copy(header, r.Header)
	if length >= 0 {
		header.Set("Content-Length", strconv.Itoa(length))
	}
	e.writer.WriteHeader(r.Status)
}

// write sends a part of the body at once. It reports whether the caller is still connected.
func (e *exchange) write(part []byte) bool {
	if _, err := e.writer.Write(part); err != nil {
		return false
	}
	return http.NewResponseController(e.writer).Flush() == nil && e.call.request.Context().Err() == nil
}

// reset ends the connection without a response: with a reset on TCP, with EOF in memory.
func (e *exchange) reset() {
	e.server.log(e.call, 0, true)
	connection, _, err := http.NewResponseController(e.writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: without it the connection ends normally
	}
	_ = connection.Close()
}

// wait waits for a delay. It reports false if the caller went away first.
func wait(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
