package client_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// The types, flags and error codes of HTTP/2 frames (RFC 9113) that the tests use.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0x0, 0x1, 0x3, 0x4, 0x7
	flagEndStream, flagAck, flagEndHeaders                          = 0x1, 0x1, 0x4
	codeNoError, codeProtocolError, codeRefusedStream, codeCancel   = 0x0, 0x1, 0x7, 0x8
)

// http2Server is an HTTP/2 server that handles each complete request with a function of the test.
type http2Server struct {
	listener net.Listener
	pool     *tls.Config
	respond  func(conn *http2Conn, stream uint32, request int)

	mu       sync.Mutex
	requests int
	open     []net.Conn
	conns    sync.WaitGroup
}

type http2Conn struct{ net.Conn }

func newHTTP2Server(t *testing.T, respond func(conn *http2Conn, stream uint32, request int)) *http2Server {
	t.Helper()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // provides the certificate
	defer certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	transport, ok := certified.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("the client of the test server has another transport")
	}
	s := &http2Server{listener: listener, pool: transport.TLSClientConfig, respond: respond}
	s.conns.Go(s.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for _, conn := range s.open {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.conns.Wait()
	})
	return s
}

func (s *http2Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open = append(s.open, conn)
		s.mu.Unlock()
		s.conns.Go(func() {
			defer func() { _ = conn.Close() }()
			s.serve(&http2Conn{conn})
		})
	}
}

func (s *http2Server) serve(conn *http2Conn) {
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	conn.frame(frameSettings, 0, 0, nil)
	header := make([]byte, 9)
	for {
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		payload := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		kind, flags, stream := header[3], header[4], binary.BigEndian.Uint32(header[5:])
		if kind == frameSettings && flags&flagAck == 0 {
			conn.frame(frameSettings, flagAck, 0, nil)
		}
		if (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 {
			s.mu.Lock()
			s.requests++
			number := s.requests
			s.mu.Unlock()
			s.respond(conn, stream, number)
		}
	}
}

func (s *http2Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (c *http2Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	header := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(header, stream), payload...))
}

func (c *http2Conn) reset(stream, code uint32) {
	c.frame(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

func (c *http2Conn) goAway(last, code uint32) {
	c.frame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// ok sends status 200, which is entry 8 of the static table, and body.
func (c *http2Conn) ok(stream uint32, body string) {
	c.frame(frameHeaders, flagEndHeaders, stream, []byte{0x88})
	c.frame(frameData, flagEndStream, stream, []byte(body))
}

func (s *http2Server) client(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: s.pool.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(client.StaticToken("pit-test"), append([]client.Option{
		client.WithBaseURL("https://" + s.listener.Addr().String()), client.WithLocation("loc"),
		client.WithHTTPClient(&http.Client{Transport: transport}),
		client.WithRetry(client.RetryPolicy{MinDelay: time.Millisecond}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClient_HTTP2 calls each operation on servers that end the stream of each request. A create is
// retried only if the server did not process it according to HTTP/2.
func TestClient_HTTP2(t *testing.T) {
	t.Parallel()
	endings := []struct {
		name        string
		end         func(conn *http2Conn, stream uint32)
		unprocessed bool
	}{
		{"PROTOCOL_ERROR", func(conn *http2Conn, stream uint32) { conn.reset(stream, codeProtocolError) }, false},
		{"CANCEL", func(conn *http2Conn, stream uint32) { conn.reset(stream, codeCancel) }, false},
		{"REFUSED_STREAM", func(conn *http2Conn, stream uint32) { conn.reset(stream, codeRefusedStream) }, true},
		{"graceful GOAWAY below the stream", func(conn *http2Conn, _ uint32) { conn.goAway(0, codeNoError) }, true},
		{"GOAWAY with PROTOCOL_ERROR", func(conn *http2Conn, _ uint32) { conn.goAway(0, codeProtocolError) }, false},
		{"closed connection", func(conn *http2Conn, _ uint32) { _ = conn.Close() }, false},
	}
	for _, ending := range endings {
		for _, op := range operations {
			t.Run(ending.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				server := newHTTP2Server(t, func(conn *http2Conn, stream uint32, _ int) { ending.end(conn, stream) })
				var response client.Response
				start := time.Now()
				err := op.call(t.Context(), server.client(t), client.WithResponseInto(&response))
				if !errors.Is(err, client.ErrNetwork) || errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want ErrNetwork and not context.Canceled", err)
				}
				got, want := errors.Is(err, client.ErrMaybeApplied), op.write && !ending.unprocessed
				if got != want && (want || !op.idempotent) { // net/http may have resent a write by itself, so it may have been applied
					t.Errorf("maybe applied: got %v, want %v: %v", got, want, err)
				}
				retried := op.idempotent || ending.unprocessed
				if got, want := response.Attempts, map[bool]int{true: 3, false: 1}[retried]; got != want {
					t.Errorf("got %d attempts, want %d", got, want)
				}
				// net/http may use two connections per attempt; a third one is canceled, possibly
				// after it was written.
				if got, limit := server.count(), response.Attempts*map[bool]int{true: 3, false: 1}[retried]; got > limit {
					t.Errorf("got %d requests, want at most %d", got, limit)
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

// TestClient_HTTP2_RetryAfterGracefulClose checks that a create that the server did not process is
// retried, and is applied once.
func TestClient_HTTP2_RetryAfterGracefulClose(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(conn *http2Conn, stream uint32){
		"GOAWAY":         func(conn *http2Conn, _ uint32) { conn.goAway(0, codeNoError) },
		"REFUSED_STREAM": func(conn *http2Conn, stream uint32) { conn.reset(stream, codeRefusedStream) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newHTTP2Server(t, func(conn *http2Conn, stream uint32, request int) {
				if request == 1 {
					refuse(conn, stream)
					return
				}
				conn.ok(stream, `{"contact":{"id":"abc"}}`)
			})
			contact, err := server.client(t).Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"})
			if err != nil || contact.ID != "abc" || server.count() != 2 {
				t.Errorf("got %v, %v after %d requests, want a contact after 2", contact, err, server.count())
			}
		})
	}
}

// TestClient_HTTP2_ConnectionBound checks the error of a read that net/http would resend without a
// bound.
func TestClient_HTTP2_ConnectionBound(t *testing.T) {
	t.Parallel()
	server := newHTTP2Server(t, func(conn *http2Conn, stream uint32, _ int) { conn.reset(stream, codeRefusedStream) })
	_, err := server.client(t, client.WithRetry(client.RetryPolicy{MaxAttempts: 1})).Contacts.Get(t.Context(), "abc")
	if err == nil || !strings.Contains(err.Error(), "connections") || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an error about connections", err)
	}
}

// TestClient_HTTP2_CanceledWrite checks that a write that is canceled after its connection was
// acquired matches ErrMaybeApplied.
func TestClient_HTTP2_CanceledWrite(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := newHTTP2Server(t, func(*http2Conn, uint32, int) { cancel() })
	err := server.client(t).Contacts.Delete(ctx, "abc")
	if !errors.Is(err, context.Canceled) || !errors.Is(err, client.ErrMaybeApplied) || client.KindOf(err) != "canceled" {
		t.Errorf("got %v (%s), want context.Canceled and ErrMaybeApplied", err, client.KindOf(err))
	}
}

// TestSoak_HTTP2 creates contacts over HTTP/2 while the server resets streams, before and after it
// applies the create, and closes connections gracefully. No contact is created twice, and if an
// error does not match ErrMaybeApplied, no contact was created.
func TestSoak_HTTP2(t *testing.T) {
	t.Parallel()
	fake := clienttest.NewServer(t, clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}),
		clienttest.WithRateLimit(clienttest.RateLimit{}))
	api := fake.Handler()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch chance := rand.IntN(100); {
		case chance < 10:
			panic(http.ErrAbortHandler)
		case chance < 20:
			api.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case chance < 30:
			w.Header().Set("Connection", "close") // a graceful GOAWAY
		}
		api.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := fake.Client(client.WithBaseURL(server.URL), client.WithHTTPClient(server.Client()),
		client.WithRetry(client.RetryPolicy{MinDelay: time.Millisecond}))

	type outcome struct {
		name string
		err  error
	}
	outcomes := make([]outcome, 400)
	var workers sync.WaitGroup
	for worker := range 10 {
		workers.Go(func() {
			for i := worker; i < len(outcomes); i += 10 {
				name := fmt.Sprintf("Soak%d", i)
				_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: name})
				outcomes[i] = outcome{name, err}
			}
		})
	}
	workers.Wait()
	created := map[string]int{}
	for _, contact := range fake.Contacts() {
		created[contact.FirstName]++
	}
	failed := 0
	for _, o := range outcomes {
		if o.err != nil {
			failed++
		}
		switch count := created[o.name]; {
		case count > 1, o.err == nil && count != 1, o.err != nil && count == 1 && !errors.Is(o.err, client.ErrMaybeApplied):
			t.Errorf("%s was created %d times: %v", o.name, count, o.err)
		}
	}
	t.Logf("%d of %d creates failed", failed, len(outcomes))
	if failed == 0 {
		t.Error("no create failed: the server did not reset a stream")
	}
}
