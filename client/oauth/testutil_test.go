package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const (
	clientID     = "6690f5b0c5d7a1-app"
	clientSecret = "s3cr3t-of-the-app"
	redirectURL  = "https://app.example/oauth/callback"
	locationID   = "ve9EPM428h8vShlRW1KT"
)

// fakeAPI responds like the token endpoints of the API. It accepts a refresh token once, except
// that it returns the same token pair again during the grace period.
type fakeAPI struct {
	companyID string        // unique, because each Save has an effect on all sources of the agency
	lifetime  time.Duration // lifetime of an access token
	grace     time.Duration // time in which a used refresh token returns the same pair

	mu             sync.Mutex
	issued         int
	codes          map[string]bool   // the codes that are not used yet
	grants         map[string]*grant // by refresh token
	access         map[string]bool   // the valid access tokens
	userType       string            // of the installation
	requests       []url.Values      // to /oauth/token
	locationTokens int               // requests to /oauth/locationToken
	rotations      int               // refresh tokens used for the first time
	violations     []string          // requests that a client must not send

	// If before returns a handler, the handler responds, and the API does not process the request.
	before func(*http.Request) http.HandlerFunc
	// If after returns a handler, the handler responds after the API has processed the request.
	after func(*http.Request) http.HandlerFunc
}

// grant is the state of a refresh token.
type grant struct {
	response map[string]any // nil until the token is used
	usedAt   time.Time
}

var agencies atomic.Int64

func newFakeAPI(userType oauth.UserType) *fakeAPI {
	return &fakeAPI{
		companyID: fmt.Sprintf("agency%014d", agencies.Add(1)),
		lifetime:  86399 * time.Second, grace: 30 * time.Second, userType: string(userType),
		codes: map[string]bool{}, grants: map[string]*grant{}, access: map[string]bool{},
	}
}

func (api *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if api.before != nil {
		if handler := api.before(r); handler != nil {
			handler(w, r)
			return
		}
	}
	api.mu.Lock()
	status, body := api.process(r)
	api.mu.Unlock()
	if api.after != nil {
		if handler := api.after(r); handler != nil {
			handler(w, r)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (api *fakeAPI) process(r *http.Request) (int, map[string]any) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.URL.RawQuery != "" ||
		r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return 400, oauthError("invalid_request", "post a form")
	}
	switch r.URL.Path {
	case "/oauth/token":
		api.requests = append(api.requests, r.PostForm)
		return api.token(r)
	case "/oauth/locationToken":
		api.locationTokens++
		return api.locationToken(r)
	default:
		return 404, map[string]any{"statusCode": 404, "message": "Cannot POST " + r.URL.Path, "error": "Not Found"}
	}
}

func oauthError(code, description string) map[string]any {
	return map[string]any{"error": code, "error_description": description}
}

func (api *fakeAPI) token(r *http.Request) (int, map[string]any) {
	form := r.PostForm
	switch {
	case r.Header.Get("Version") != "" || r.Header.Get("Authorization") != "":
		return 400, oauthError("invalid_request", "unexpected header")
	case form.Get("client_id") != clientID || form.Get("client_secret") != clientSecret:
		return 401, oauthError("UnAuthorized!", "Invalid client credentials")
	case form.Get("user_type") != "" && form.Get("user_type") != api.userType:
		return 400, oauthError("invalid_request", "wrong user type")
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		if !api.codes[form.Get("code")] || form.Get("redirect_uri") != redirectURL {
			return 401, oauthError("UnAuthorized!", "Authorization code not found")
		}
		delete(api.codes, form.Get("code"))
		return 200, api.pair()
	case "refresh_token":
		return api.refresh(form.Get("refresh_token"))
	default:
		return 400, oauthError("unsupported_grant_type", "")
	}
}

func (api *fakeAPI) refresh(token string) (int, map[string]any) {
	g := api.grants[token]
	switch {
	case g == nil:
		return 400, oauthError("invalid_grant", "Refresh token not found")
	case g.response == nil:
		api.rotations++
		g.response, g.usedAt = api.pair(), time.Now()
		return 200, g.response
	case time.Since(g.usedAt) < api.grace:
		return 200, g.response
	default:
		api.violations = append(api.violations, "a used refresh token was sent again")
		return 400, oauthError("invalid_grant", "This refresh token is invalid")
	}
}

// pair issues an access token and a refresh token.
func (api *fakeAPI) pair() map[string]any {
	api.issued++
	response := map[string]any{
		"access_token": fmt.Sprintf("access-%d", api.issued), "refresh_token": fmt.Sprintf("refresh-%d", api.issued),
		"token_type": "Bearer", "expires_in": int(api.lifetime.Seconds()), "scope": "contacts.readonly contacts.write oauth.write",
		"userType": api.userType, "companyId": api.companyID, "userId": "u1", "refreshTokenId": "r1",
	}
	if api.userType == string(oauth.UserTypeLocation) {
		response["locationId"] = locationID
	}
	api.grants[fmt.Sprintf("refresh-%d", api.issued)] = &grant{}
	api.access[fmt.Sprintf("access-%d", api.issued)] = true
	return response
}

func (api *fakeAPI) locationToken(r *http.Request) (int, map[string]any) {
	bearer := r.Header.Get("Authorization")
	switch {
	case r.Header.Get("Version") != "2021-07-28":
		return 401, map[string]any{"statusCode": 401, "message": "version header was not found."}
	case len(bearer) < 7 || !api.access[bearer[7:]]:
		return 401, map[string]any{"statusCode": 401, "message": "Invalid JWT"}
	case r.PostForm.Get("companyId") != api.companyID || r.PostForm.Get("locationId") == "":
		return 400, map[string]any{"statusCode": 400, "message": []string{"companyId and locationId are required"}}
	}
	api.issued++
	token := fmt.Sprintf("location-access-%d", api.issued)
	api.access[token] = true
	return 201, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(api.lifetime.Seconds()), "scope": "contacts.readonly",
		"userType": "Location", "companyId": api.companyID, "locationId": r.PostForm.Get("locationId"), "userId": "u1",
	}
}

// install saves the credential of a new installation, whose access token expires after left.
func (api *fakeAPI) install(t testing.TB, store oauth.TokenStore, left time.Duration) {
	t.Helper()
	if err := oauth.Save(t.Context(), store, api.newCredential(left)); err != nil {
		t.Fatal(err)
	}
}

// installElsewhere is like install, but stores the credential as another process would.
func (api *fakeAPI) installElsewhere(t testing.TB, store oauth.TokenStore, left time.Duration) {
	t.Helper()
	stored, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	swap(t, store, stored.RefreshToken, api.newCredential(left))
}

// newCredential returns the credential of a new installation.
func (api *fakeAPI) newCredential(left time.Duration) oauth.Credential {
	api.mu.Lock()
	defer api.mu.Unlock()
	pair := api.pair()
	credential := oauth.Credential{
		AccessToken: client.NewSecret(fmt.Sprint(pair["access_token"])), RefreshToken: client.NewSecret(fmt.Sprint(pair["refresh_token"])),
		IssuedAt: time.Now().Add(left - api.lifetime), Expiry: time.Now().Add(left), UserType: oauth.UserType(api.userType), CompanyID: api.companyID,
	}
	if api.userType == string(oauth.UserTypeLocation) {
		credential.LocationID = locationID
	}
	return credential
}

// accepts reports whether a refresh with token would succeed now.
func (api *fakeAPI) accepts(token string) bool {
	api.mu.Lock()
	defer api.mu.Unlock()
	g := api.grants[token]
	return g != nil && (g.response == nil || time.Since(g.usedAt) < api.grace)
}

// counts returns the number of requests to /oauth/token, of used refresh tokens, and of requests to
// /oauth/locationToken.
func (api *fakeAPI) counts() (requests, rotations, locationTokens int) {
	api.mu.Lock()
	defer api.mu.Unlock()
	return len(api.requests), api.rotations, api.locationTokens
}

// faults returns the requests that a client must not send.
func (api *fakeAPI) faults() []string {
	api.mu.Lock()
	defer api.mu.Unlock()
	return slices.Clone(api.violations)
}

// reject makes the API reject an access token.
func (api *fakeAPI) reject(token string) {
	api.mu.Lock()
	defer api.mu.Unlock()
	delete(api.access, token)
}

// revoke makes the API reject all tokens that it has issued.
func (api *fakeAPI) revoke() {
	api.mu.Lock()
	defer api.mu.Unlock()
	clear(api.access)
	clear(api.grants)
}

// inMemory is a transport without a network, for synctest. The handler runs on the goroutine of the
// caller.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

// config returns the settings of an app whose requests the handler serves.
func config(handler http.Handler) oauth.Config {
	return oauth.Config{
		ClientID: clientID, ClientSecret: client.NewSecret(clientSecret), RedirectURL: redirectURL,
		Scopes: []string{"contacts.readonly", "contacts.write"}, HTTPClient: &http.Client{Transport: inMemory{handler}},
	}
}

func newApp(t testing.TB, config oauth.Config) *oauth.App {
	t.Helper()
	app, err := oauth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// newInstalledSource returns a source of a store in memory, in which the app is installed. Its access
// token expires after left; it has expired if left is negative.
func newInstalledSource(t testing.TB, api *fakeAPI, left time.Duration) (*oauth.Source, *oauth.MemoryStore) {
	t.Helper()
	store := oauth.NewMemoryStore()
	api.install(t, store, left)
	return newApp(t, config(api)).Source(store), store
}

// hang blocks until the context of the request ends.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// respond returns a handler that responds with status and body.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func mustToken(ctx context.Context, t testing.TB, source client.TokenSource) string {
	t.Helper()
	token, err := source.Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// faultyStore is a MemoryStore with hooks. A method fails if its hook does. The hooks of Load and
// LockRefresh are called after the credential has been read or the lock acquired.
type faultyStore struct {
	*oauth.MemoryStore
	onLoad, onSwap, onLock func(ctx context.Context) error
}

// errConflict makes CompareAndSwap report that it did not swap.
var errConflict = errors.New("conflict")

func (s *faultyStore) Load(ctx context.Context) (oauth.Credential, error) {
	credential, err := s.MemoryStore.Load(ctx)
	if s.onLoad != nil {
		if err := s.onLoad(ctx); err != nil {
			return oauth.Credential{}, err
		}
	}
	return credential, err
}

func (s *faultyStore) CompareAndSwap(ctx context.Context, used client.Secret, next oauth.Credential) (bool, error) {
	if s.onSwap != nil {
		if err := s.onSwap(ctx); errors.Is(err, errConflict) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return s.MemoryStore.CompareAndSwap(ctx, used, next)
}

func (s *faultyStore) LockRefresh(ctx context.Context) (func(), error) {
	unlock, err := s.MemoryStore.LockRefresh(ctx)
	if err == nil && s.onLock != nil {
		if err := s.onLock(ctx); err != nil {
			unlock()
			return nil, err
		}
	}
	return unlock, err
}

// wantToken checks that source returns want.
func wantToken(ctx context.Context, t testing.TB, source client.TokenSource, want string) {
	t.Helper()
	if got, err := source.Token(ctx); err != nil || got != want {
		t.Errorf("got %q, %v, want %s", got, err, want)
	}
}

// wantRequests checks the number of requests to /oauth/token.
func wantRequests(t testing.TB, api *fakeAPI, want int) {
	t.Helper()
	if got, _, _ := api.counts(); got != want {
		t.Errorf("got %d requests, want %d", got, want)
	}
}
