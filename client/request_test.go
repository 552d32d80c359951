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

	"github.com/google/go-cmp/cmp"

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
	time.Sleep(time.Second)
	return b.ReadCloser.Read(p)
}

// TestClient_HTTP1_Bytes compares complete requests. A body that net/http cannot rewind does not
// change them, even if the transport reads an empty one late.
func TestClient_HTTP1_Bytes(t *testing.T) {
	t.Parallel()
	const tail = "Version: 2021-07-28\r\nAccept-Encoding: gzip\r\n\r\n"
	withBody := func(length string) string {
		return "Content-Length: " + length + "\r\nAccept: application/json\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\n" + tail
	}
	const withoutBody = "Accept: application/json\r\nAuthorization: Bearer x\r\n" + tail
	want := map[string]string{
		"get": withoutBody, "delete": withoutBody, "do DELETE": withoutBody, "do POST": withBody("2") + "{}", "do PUT": withBody("2") + "{}",
		"create": withBody("61") + `{"email":"a@example.com","locationId":"ve9EPM428h8vShlRW1KT"}`,
	}
	for _, operation := range allOperations {
		if want[operation.name] == "" {
			continue
		}
		t.Run(operation.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				received := make(chan string, 1)
				transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer func() { _ = theirs.Close() }()
						request := make([]byte, 4096)
						n, _ := theirs.Read(request)
						received <- string(request[:n])
						time.Sleep(2 * time.Second) // until a body that is read late has been sent
						_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+everything.body)
					}()
					return ours, nil
				}}
				late := roundTrip(func(req *http.Request) (*http.Response, error) {
					if req.Body != nil && req.ContentLength == 0 {
						req.Body = lateBody{req.Body}
					}
					return transport.RoundTrip(req)
				})
				c := newClientWith(t, client.StaticToken("x"), late, client.WithBaseURL("http://localhost"), client.WithDefaultHeader("User-Agent", "me"))
				if err := operation.call(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				method, path := operation.methodAndPath()
				want := method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: me\r\n" + want[operation.name]
				if diff := cmp.Diff(want, <-received); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestClient_HTTP2_EmptyBody has a write without a body, which is sent without a length and without data.
func TestClient_HTTP2_EmptyBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if r.ProtoMajor != 2 || err != nil || len(content) > 0 || len(r.Header["Content-Length"]) > 0 || len(r.TransferEncoding) > 0 {
			t.Errorf("got %s with body %q, %v, header %v", r.Proto, content, err, r.Header)
		}
		_, _ = io.WriteString(w, everything.body)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	if err := onSocket(t, server).Contacts.Delete(t.Context(), "abc"); err != nil {
		t.Error(err)
	}
}

// The types, flags and error codes of HTTP/2 frames (RFC 9113) that the tests use.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0x0, 0x1, 0x3, 0x4, 0x7
	flagEndStream, flagAck, flagEndHeaders                          = 0x1, 0x1, 0x4
	codeNoError, codeProtocolError, codeRefusedStream, codeCancel   = 0x0, 0x1, 0x7, 0x8
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

// respond sends status 200, which is entry 8 of the static table, and body.
func (c *http2Conn) respond(stream uint32, flags byte, body string) {
	c.frame(frameHeaders, flagEndHeaders, stream, []byte{0x88})
	c.frame(frameData, flags, stream, []byte(body))
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
			conn.respond(stream, 0, half)
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
		{name: "half a body, CANCEL", http2: halfBody(reset(codeCancel))},
		{name: "half a body, GOAWAY", http2: halfBody(goAway(codeNoError))},
		{name: "half a body, closed", http2: halfBody(closed)},
		{name: "PROTOCOL_ERROR", http2: reset(codeProtocolError)},
		{name: "CANCEL", http2: reset(codeCancel)},
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
						_, _ = io.Copy(io.Discard, r.Body)
						ending.http1(w)
					}))
					defer server.Close()
				} else {
					server = newHTTP2Server(t, func(conn *http2Conn, stream uint32) {
						requests.Add(1)
						ending.http2(conn, stream)
					})
				}
				pacer := &recordingPacer{}
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

// TestClient_HTTP2_RetryAfterGracefulClose checks that a create that the server did not process is
// retried, and is applied once.
func TestClient_HTTP2_RetryAfterGracefulClose(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(conn *http2Conn, stream uint32){
		"GOAWAY":         func(conn *http2Conn, _ uint32) { conn.goAway(codeNoError) },
		"REFUSED_STREAM": func(conn *http2Conn, stream uint32) { conn.reset(stream, codeRefusedStream) },
	} {
		var requests atomic.Int32
		server := newHTTP2Server(t, func(conn *http2Conn, stream uint32) {
			if requests.Add(1) == 1 {
				refuse(conn, stream)
				return
			}
			conn.respond(stream, flagEndStream, everything.body)
		})
		contact, err := onSocket(t, server, quickRetries).Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"})
		if err != nil || contact.ID != contactID || requests.Load() != 2 {
			t.Errorf("%s: got %v, %v after %d requests, want a contact after 2", name, contact, err, requests.Load())
		}
	}
}

// recordingPacer never waits, and records the observations.
type recordingPacer struct {
	client.Unpaced

	observed []client.Observation
}

func (p *recordingPacer) Observe(_ context.Context, o client.Observation) {
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
		follows   int // hops of a GET
		fails     bool
	}{
		{[]string{here}, 1, false},
		{[]string{"/v2/"}, 1, false},
		{[]string{here, "/v2/"}, 2, false},
		{[]string{"https://API.example/"}, 0, true}, // for another case, net/http removes the token
		{[]string{"https://evil.api.example/"}, 0, true},
		{[]string{"https://api.example:8443/"}, 0, true},
		{[]string{"https://me:secret@other.example/"}, 0, true},
		{[]string{"//other.example/"}, 0, true},
		{[]string{elsewhere, here}, 0, true},
		{[]string{insecure, here}, 0, true},
		{[]string{elsewhere, insecure, here}, 0, true},
		{[]string{here, elsewhere, here}, 1, true},
		{[]string{here, insecure, here}, 1, true},
		{slices.Repeat([]string{here}, 20), 10, true},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, operation := range allOperations {
				if status != http.StatusTemporaryRedirect && operation.name != "get" && operation.name != "create" && operation.name != "delete" {
					continue // one status is enough
				}
				fails, follows := test.fails, test.follows
				if !strings.HasPrefix(operation.request, "GET ") {
					fails, follows = true, 0
				}
				var responses []stubResponse
				for _, location := range test.locations {
					responses = append(responses, redirect(status, location))
				}
				pacer := &recordingPacer{}
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
