package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// quickRetries is the option for three attempts with short delays, for tests with sockets.
var quickRetries = client.WithRetry(client.RetryPolicy{MinDelay: time.Millisecond})

// onSocket returns a client for a server, with a transport of its own.
func onSocket(t *testing.T, server *httptest.Server, opts ...client.Option) *client.Client {
	t.Helper()
	transport, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("the client of the test server has another transport")
	}
	transport = transport.Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, transport, append([]client.Option{client.WithBaseURL(server.URL)}, opts...)...)
}

// gzipped returns text as gzip.
func gzipped(text string) []byte {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	return compressed.Bytes()
}

// lateBody is a body whose reader takes longer than net/http probes a body of unknown length.
type lateBody struct{ io.ReadCloser }

func (b lateBody) Read(p []byte) (int, error) {
	time.Sleep(400 * time.Millisecond)
	return b.ReadCloser.Read(p)
}

// TestClient_EmptyBody has a write without a body, which is sent without a length and without data, even
// if the transport reads the body late.
func TestClient_EmptyBody(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1, 2} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			content, err := io.ReadAll(r.Body)
			if r.ProtoMajor != version || err != nil || len(content) > 0 || len(r.Header["Content-Length"]) > 0 || len(r.TransferEncoding) > 0 {
				t.Errorf("got %s with body %q, %v, encoding %q, header %v", r.Proto, content, err, r.TransferEncoding, r.Header)
			}
			_, _ = io.WriteString(w, everything.body)
		}))
		server.EnableHTTP2 = version == 2
		server.StartTLS()
		t.Cleanup(server.Close)
		late := roundTrip(func(req *http.Request) (*http.Response, error) {
			req.Body = lateBody{req.Body}
			return server.Client().Transport.RoundTrip(req)
		})
		if err := newClient(t, late, client.WithBaseURL(server.URL)).Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Error(err)
		}
	}
}

// The types, flags and error codes of HTTP/2 frames (RFC 9113) that the tests use.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0x0, 0x1, 0x3, 0x4, 0x7
	flagEndStream, flagAck, flagEndHeaders                          = 0x1, 0x1, 0x4
	codeNoError, codeProtocolError, codeRefusedStream               = 0x0, 0x1, 0x7
)

// http2Conn is a connection of a server that writes frames as the test says, which net/http cannot.
type http2Conn struct{ net.Conn }

// newHTTP2Server returns a server that handles each complete HTTP/2 request with respond.
func newHTTP2Server(t *testing.T, respond func(conn *http2Conn, stream uint32)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) { (&http2Conn{conn}).serve(respond) },
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func (c *http2Conn) serve(respond func(conn *http2Conn, stream uint32)) {
	defer func() { _ = c.Close() }()
	header := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(c, header); err != nil {
		return
	}
	c.frame(frameSettings, 0, 0, nil)
	for header = header[:9]; ; {
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(header[0])<<16|int64(header[1])<<8|int64(header[2])); err != nil {
			return
		}
		kind, flags, stream := header[3], header[4], binary.BigEndian.Uint32(header[5:])
		if kind == frameSettings && flags&flagAck == 0 {
			c.frame(frameSettings, flagAck, 0, nil)
		}
		if (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 {
			respond(c, stream)
		}
	}
}

func (c *http2Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	header := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(header, stream), payload...))
}

func (c *http2Conn) reset(stream, code uint32) {
	c.frame(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
}

// goAway reports that no stream was processed.
func (c *http2Conn) goAway(code uint32) {
	c.frame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(make([]byte, 4, 8), code))
}

// TestClient_BrokenResponses ends the response to each operation in each way. A write that has begun to
// receive a response may have been applied, whatever follows. net/http resends no write, although a header
// says that it could, and each request that it resends of a read is counted.
func TestClient_BrokenResponses(t *testing.T) {
	t.Parallel()
	half := everything.body[:len(everything.body)/2]
	// halfBody returns a function that sends half of a body before it ends the stream.
	halfBody := func(end func(*http2Conn, uint32)) func(*http2Conn, uint32) {
		return func(conn *http2Conn, stream uint32) {
			conn.frame(frameHeaders, flagEndHeaders, stream, []byte{0x88}) // status 200, which is entry 8 of the static table
			conn.frame(frameData, 0, stream, []byte(half))
			end(conn, stream)
		}
	}
	reset := func(code uint32) func(*http2Conn, uint32) {
		return func(conn *http2Conn, stream uint32) { conn.reset(stream, code) }
	}
	goAway := func(code uint32) func(*http2Conn, uint32) {
		return func(conn *http2Conn, _ uint32) { conn.goAway(code) }
	}
	closed := func(conn *http2Conn, _ uint32) { _ = conn.Close() }
	compressed := func(body []byte) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(body)
		}
	}
	for _, ending := range []struct {
		name        string
		http1       func(w http.ResponseWriter)
		http2       func(conn *http2Conn, stream uint32)
		unprocessed bool // whether HTTP/2 says that the request was not processed
	}{
		{name: "cut after Content-Length", http1: func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", strconv.Itoa(len(everything.body)))
			_, _ = io.WriteString(w, half)
			panic(http.ErrAbortHandler)
		}},
		{name: "cut chunks", http1: func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, half)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{name: "truncated gzip", http1: compressed(gzipped(everything.body)[:60])},
		{name: "closed idle connection", http1: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		{name: "broken gzip", http1: compressed([]byte(everything.body))},
		{name: "half a body, REFUSED_STREAM", http2: halfBody(reset(codeRefusedStream))},
		{name: "half a body, GOAWAY", http2: halfBody(goAway(codeNoError))},
		{name: "half a body, closed", http2: halfBody(closed)},
		{name: "PROTOCOL_ERROR", http2: reset(codeProtocolError)},
		{name: "REFUSED_STREAM", http2: reset(codeRefusedStream), unprocessed: true},
		{name: "graceful GOAWAY below the stream", http2: goAway(codeNoError), unprocessed: true},
		{name: "GOAWAY with PROTOCOL_ERROR", http2: goAway(codeProtocolError)},
		{name: "closed connection", http2: closed},
	} {
		for _, operation := range allOperations {
			isGet := strings.HasPrefix(operation.request, "GET ")
			if ending.unprocessed && isGet && operation.name != "get" {
				continue // net/http waits a second before it resends a request without a body
			}
			t.Run(ending.name+"/"+operation.name, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				var server *httptest.Server
				if ending.http1 != nil {
					server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.URL.Path == "/idle" { // leaves an idle connection
							_, _ = io.WriteString(w, "{}")
							return
						}
						requests.Add(1)
						body, _ := io.ReadAll(r.Body)
						if r.ContentLength != int64(len(body)) || r.TransferEncoding != nil {
							t.Errorf("got a body of %d bytes with length %d and encoding %q", len(body), r.ContentLength, r.TransferEncoding)
						}
						ending.http1(w)
					}))
					defer server.Close()
				} else {
					server = newHTTP2Server(t, func(conn *http2Conn, stream uint32) {
						requests.Add(1)
						ending.http2(conn, stream)
					})
				}
				pacer := &testPacer{}
				c := onSocket(t, server, quickRetries, client.WithPacer(pacer), client.WithDefaultHeader("Idempotency-Key", "1"), client.WithDefaultHeader("X-Idempotency-Key", "1"))
				if ending.http1 != nil {
					if err := c.Do(t.Context(), http.MethodGet, "/idle", nil, nil, nil); err != nil {
						t.Fatal(err)
					}
					pacer.observed = nil
				}
				err := operation.call(t.Context(), c)
				if !errors.Is(err, client.ErrNetwork) || errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) != (operation.write && !ending.unprocessed) {
					t.Errorf("got %v, want ErrNetwork", err)
				}
				if ending.unprocessed && isGet && !strings.Contains(err.Error(), "connections") {
					t.Errorf("got %v, want an error about connections", err)
				}
				if want := map[bool]int{true: 3, false: 1}[operation.idempotent || ending.unprocessed]; len(pacer.observed) != want {
					t.Errorf("got %d attempts, want %d", len(pacer.observed), want)
				}
				counted := 0
				for _, observation := range pacer.observed {
					if counted += 1 + observation.Extra; observation.Extra > 2 || (operation.write && observation.Extra > 0) {
						t.Errorf("net/http sent %d further requests", observation.Extra)
					}
				}
				if got := int(requests.Load()); got > counted || (operation.write && got != counted) {
					t.Errorf("got %d requests, of which %d were counted", got, counted)
				}
			})
		}
	}
}

// testPacer records the observations. Its function wait, if there is one, is called by Wait.
type testPacer struct {
	wait     func() error
	observed []client.Observation
}

func (p *testPacer) Wait(ctx context.Context) error {
	if p.wait != nil {
		return p.wait()
	}
	return ctx.Err()
}

func (p *testPacer) Observe(_ context.Context, o client.Observation) {
	p.observed = append(p.observed, o)
}

func redirect(status int, location string) stubResponse {
	return stubResponse{status: status, header: http.Header{"Location": {location}}}
}

// TestRedirect_Policy checks that only a GET is followed, only to the scheme and host of the first
// request, even if a later hop would lead back. Any other redirect is an *Error with its status.
func TestRedirect_Policy(t *testing.T) {
	t.Parallel()
	const here, elsewhere, insecure = "https://api.example/v2/?email=rosan%40deos.example", "https://other.example/", "http://api.example/"
	for _, test := range []struct {
		locations []string
		follows   int // hops of a GET, which fails unless it follows all
	}{
		{[]string{here}, 1},
		{[]string{"/v2/"}, 1},
		{[]string{here, "/v2/"}, 2},
		{[]string{"https://API.example/"}, 0}, // for another case, net/http removes the token
		{[]string{"https://evil.api.example/"}, 0},
		{[]string{"https://api.example:8443/"}, 0},
		{[]string{"//other.example/"}, 0},
		{[]string{elsewhere, here}, 0},
		{[]string{insecure, here}, 0},
		{[]string{here, elsewhere, here}, 1},
		{[]string{here, insecure, here}, 1},
		{slices.Repeat([]string{here}, 20), 10},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, operation := range allOperations {
				if status != http.StatusTemporaryRedirect && operation.name != "get" && operation.name != "create" && operation.name != "delete" {
					continue // one status is enough
				}
				follows := test.follows
				if !strings.HasPrefix(operation.request, "GET ") {
					follows = 0
				}
				fails := follows < len(test.locations)
				var responses []stubResponse
				for _, location := range test.locations {
					responses = append(responses, redirect(status, location))
				}
				pacer := &testPacer{}
				c, api := script(t, slices.Concat(responses, []stubResponse{everything})[:follows+1], client.WithPacer(pacer))
				err := operation.call(t.Context(), c)
				if pacer.observed[0].Extra != follows {
					t.Errorf("%q: got %d further requests counted, want %d", test.locations, pacer.observed[0].Extra, follows)
				}
				apiErr, ok := errors.AsType[*client.Error](err)
				if ok != fails || (ok && (apiErr.StatusCode != status || apiErr.Kind != "other" || apiErr.MaybeApplied)) {
					t.Errorf("%s, %q: got %v, want an error with status %d: %v", operation.name, test.locations, err, status, fails)
				}
				for _, req := range api.requests {
					if req.URL.Scheme != "https" || req.URL.Host != "api.example" || req.Header.Get("Authorization") != "Bearer "+token {
						t.Errorf("%q: got a request for %s, %v", test.locations, req.URL, req.Header)
					}
				}
			}
		}
	}
}

// TestRedirect_CallersPolicy applies the policy of the caller's HTTP client to the redirects that the
// client would follow.
func TestRedirect_CallersPolicy(t *testing.T) {
	refused := errors.New("refused")
	for _, policy := range []error{refused, http.ErrUseLastResponse} {
		var asked []string
		theirs := &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
			asked = append(asked, fmt.Sprintf("%s %s after %d", req.Method, req.URL, len(via)))
			return policy
		}}
		theirs.Transport = always(redirect(307, "/v2/"))
		c := newClient(t, noRequests(t), client.WithHTTPClient(theirs))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err == nil || errors.Is(err, refused) != (policy == refused) { //nolint:errorlint // the same value
			t.Errorf("%v: got %v", policy, err)
		}
		if err := c.Contacts.Delete(t.Context(), "abc"); err == nil || errors.Is(err, refused) {
			t.Errorf("write, %v: got %v", policy, err)
		}
		if want := []string{"GET https://api.example/v2/ after 1"}; !slices.Equal(asked, want) {
			t.Errorf("got %q, want %q", asked, want)
		}
	}
}

// TestRetry_Cookies sets another cookie with each response. An attempt sends only the latest one.
func TestRetry_Cookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		setCookie := func(value string) http.Header { return http.Header{"Set-Cookie": {"session=" + value}} }
		api := &stub{responses: []stubResponse{{status: 503, header: setCookie("1")}, {status: 503, header: setCookie("2")}, everything}}
		c := newClient(t, api, retries, client.WithHTTPClient(&http.Client{Transport: api, Jar: jar}))
		if _, err := c.Contacts.Get(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"", "session=1", "session=2"} {
			if got := api.requests[i].Header.Get("Cookie"); got != want {
				t.Errorf("attempt %d: got %q, want %q", i+1, got, want)
			}
		}
	})
}
