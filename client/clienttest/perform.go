package clienttest

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// performance is one request and the answer to it, with what a fault does to them.
type performance struct {
	server *Server
	call   *call
	fault  *Fault // nil for most
	writer http.ResponseWriter
}

// play answers the request. The log has it before the caller has the answer.
func (p *performance) play() {
	if p.fault == nil {
		a := p.server.reply(p.call)
		p.server.record(p.call, a.status, false)
		a.send(p.writer)
		if a.pooled != nil {
			p.server.bodies.Put(a.pooled)
		}
		return
	}
	if !wait(p.call.request.Context(), p.fault.Delay) || p.fault.Cut == CutBefore {
		p.reset()
		return
	}
	a := p.answer()
	if p.fault.Cut == CutAfter {
		p.reset()
		return
	}
	p.server.record(p.call, a.status, true)
	p.send(a)
}

// answer is the operation's or the fault's, or the first changed by the second.
func (p *performance) answer() answer {
	f := p.fault
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {jsonType}}}
	if !f.replaces() || f.Applied {
		a = p.server.reply(p.call)
	}
	if f.replaces() {
		a.body = []byte(f.Body)
	}
	if f.Status != 0 {
		a.status = f.Status
	}
	for name, values := range f.Header {
		delete(a.header, http.CanonicalHeaderKey(name))
		for _, value := range values {
			a.header.Add(name, value)
		}
	}
	a.body = f.drift(a.body)
	return a
}

// send writes the answer as the fault would have it.
func (p *performance) send(a answer) {
	half := len(a.body) / 2
	switch p.fault.Cut {
	case CutBody:
		p.sendHeader(a, len(a.body))
		p.write(a.body[:half])
		panic(http.ErrAbortHandler) // closes the connection with the rest owed
	case CutStall:
		p.sendHeader(a, len(a.body))
		p.write(a.body[:half])
		<-p.call.request.Context().Done()
		panic(http.ErrAbortHandler)
	case CutEndless:
		p.sendHeader(a, -1)
		p.write(a.body)
		spaces := bytes.Repeat([]byte{' '}, 32<<10)
		for p.write(spaces) {
		}
		panic(http.ErrAbortHandler)
	default:
		p.sendHeader(a, len(a.body))
		if p.fault.BodyDelay > 0 {
			p.write(a.body[:half])
			if !wait(p.call.request.Context(), p.fault.BodyDelay) {
				panic(http.ErrAbortHandler)
			}
			a.body = a.body[half:]
		}
		_, _ = p.writer.Write(a.body)
	}
}

func (p *performance) sendHeader(a answer, length int) {
	header := p.writer.Header()
	maps.Copy(header, a.header)
	if length >= 0 {
		header.Set("Content-Length", strconv.Itoa(length))
	}
	p.writer.WriteHeader(a.status)
}

// write sends a part of the body at once. It reports whether the caller is still there.
func (p *performance) write(part []byte) bool {
	if _, err := p.writer.Write(part); err != nil {
		return false
	}
	return http.NewResponseController(p.writer).Flush() == nil && p.call.request.Context().Err() == nil
}

// reset ends the connection without a response: with a reset on TCP, with EOF in memory.
func (p *performance) reset() {
	p.server.record(p.call, 0, true)
	connection, _, err := http.NewResponseController(p.writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the reset is best effort: without it the connection just ends
	}
	_ = connection.Close()
}

// wait lets a delay pass. It reports false if the caller went away first.
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
