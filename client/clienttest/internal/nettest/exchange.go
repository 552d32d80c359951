package nettest

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Exchange is a request in progress. Its methods send the response, on a healthy connection or on
// one that fails. They panic with [http.ErrAbortHandler] to close the connection. They ignore write
// errors, which mean that the caller has disconnected.
type Exchange struct {
	Writer  http.ResponseWriter
	Request *http.Request
}

// Send sends a response.
func (e Exchange) Send(status int, header http.Header, body []byte) {
	e.sendHeader(status, header, len(body))
	_, _ = e.Writer.Write(body)
}

// SendSlowly sends half of the body, waits and sends the rest.
func (e Exchange) SendSlowly(status int, header http.Header, body []byte, delay time.Duration) {
	half := len(body) / 2
	e.sendHeader(status, header, len(body))
	e.flush(body[:half])
	if !e.Sleep(delay) {
		panic(http.ErrAbortHandler)
	}
	_, _ = e.Writer.Write(body[half:])
}

// SendHalf sends half of the body and then closes the connection. If stall is set, it first waits
// until the caller disconnects.
func (e Exchange) SendHalf(status int, header http.Header, body []byte, stall bool) {
	e.sendHeader(status, header, len(body))
	e.flush(body[:len(body)/2])
	if stall {
		<-e.Request.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// SendEndless sends the body and then spaces until the caller disconnects.
func (e Exchange) SendEndless(status int, header http.Header, body []byte) {
	e.sendHeader(status, header, -1)
	e.flush(body)
	spaces := bytes.Repeat([]byte{' '}, 32<<10)
	for e.flush(spaces) {
	}
	panic(http.ErrAbortHandler)
}

// Reset closes the connection without a response. The caller receives a reset on TCP, and EOF in
// memory.
func (e Exchange) Reset() {
	connection, _, err := http.NewResponseController(e.Writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: without it the connection ends normally
	}
	_ = connection.Close()
}

// Sleep waits for a delay. It returns false if the caller disconnected first.
func (e Exchange) Sleep(delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	select {
	case <-time.After(delay):
		return true
	case <-e.Request.Context().Done():
		return false
	}
}

// sendHeader sends the header. A negative length means that it is unknown.
func (e Exchange) sendHeader(status int, header http.Header, length int) {
	maps.Copy(e.Writer.Header(), header)
	if length >= 0 {
		e.Writer.Header().Set("Content-Length", strconv.Itoa(length))
	}
	e.Writer.WriteHeader(status)
}

// flush sends a part of the body immediately. It reports whether the caller is still connected.
func (e Exchange) flush(part []byte) bool {
	if _, err := e.Writer.Write(part); err != nil {
		return false
	}
	return http.NewResponseController(e.Writer).Flush() == nil && e.Request.Context().Err() == nil
}
