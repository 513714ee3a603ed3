// The shapes of the tester, as `/api/samples` and `/api/tester…` take and answer them. Types alone, so that a page can have them.

/** The sources that a body can be tried at. */
export type TesterSource = 'segment' | 'tracking-api' | 'rudderstack' | 'statsig';

/** A body to begin with. */
export interface Sample {
  readonly source: TesterSource;
  /** Unique within its source. */
  readonly name: string;
  readonly title: string;
  readonly body: unknown;
}

/** Answer of `GET /api/samples`. */
export interface SamplesAnswer {
  /** Ids of the settings documents in force. */
  readonly workspaces: readonly string[];
  readonly samples: readonly Sample[];
}

/** What `POST /api/tester` takes. */
export interface TesterBody {
  readonly source: TesterSource;
  /** Id of a settings document, for bodies that do not say it themselves. Default: the only one. */
  readonly workspace?: string;
  /** A body of a request as JSON, or its text; several bodies, one per line, are tried as a list. */
  readonly body: unknown;
  /** Settings to try instead: each of them stands for the one that is in force. Keys and senders cannot be among them. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** What `POST /api/tester/send` takes: always with the settings in force. */
export type SendBody = Omit<TesterBody, 'settings'>;

/** Where a field comes from. */
export interface TesterOrigin {
  /** JSON Pointers of the fields of `input` that it is made of. None where a setting, a constant or a clock decided it. */
  readonly from: readonly string[];
  /** The rule, the setting or the field behind it. */
  readonly why: string;
}

/** One thing that an event becomes. */
export interface TesterOutput {
  /** `event`, `statsig`, `experiment-viewed`, `change of an ID list`, `changes of the ID list`, `deletion`. */
  readonly name: string;
  readonly body: unknown;
  /** By the JSON Pointer of each field of `body` that holds no others. */
  readonly origins: Readonly<Record<string, TesterOrigin>>;
}

/** A decision of a step. */
export interface TesterDecision {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
}

/** A request as it would be sent, its keys masked. */
export interface TesterRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Something odd about an event that is taken all the same. */
export interface TesterNote {
  readonly note: string;
  readonly message: string;
}

/** What would become of one event. */
export interface TesterEvent {
  readonly result: 'converted' | 'filtered' | 'invalid';
  /** Absent where the event does not get as far as that. */
  readonly workspace?: string;
  /** Of `filtered`: the reason of the metrics, and what it looked at. */
  readonly reason?: string;
  readonly detail?: string;
  /** Of `filtered`: the pattern or the rule of the settings that decided it. */
  readonly rule?: string;
  /** Of `invalid`: as the sender is told it, and what an operator or a sender can do. */
  readonly code?: string;
  readonly message?: string;
  readonly fix?: string;
  readonly notes: readonly TesterNote[];
  /** What only some senders may do with such an event, and how they prove themselves. */
  readonly needs?: string;
  /** Its workspace has no key for it, or no target: nothing of it leaves the process. */
  readonly dryRun?: true;
  /** The event as it was read, with what its call adds to it. */
  readonly input?: unknown;
  readonly outputs: readonly TesterOutput[];
  readonly requests: readonly TesterRequest[];
  /** The first 500. */
  readonly decisions: readonly TesterDecision[];
}

/** A fault of the settings to try. */
export interface TesterSettingsFault {
  readonly path: string;
  readonly message: string;
}

/** Answer of `POST /api/tester`. */
export interface TesterAnswer {
  /** Whether the settings in force decided, or edited ones. */
  readonly settings: 'in force' | 'edited';
  /** Why nothing was tried: the body as a whole, the workspace, the settings. */
  readonly problem?: { readonly code: string; readonly message: string; readonly fix?: string };
  readonly faults: readonly TesterSettingsFault[];
  readonly events: readonly TesterEvent[];
  /** Events of the body beyond those that are told: their number, or the time, had an end. */
  readonly more: number;
  /** Fields of the body, the first ten, that were masked where it was taken from: it is tried, and not sent. */
  readonly masked?: readonly string[];
  /** What holds for many events. */
  readonly remarks: readonly string[];
}

/** What a target answered. */
export interface SentAnswer {
  /** Name of the target: `statsig`, or that of the settings. */
  readonly target: string;
  readonly workspace: string;
  readonly request: TesterRequest;
  /** `delivered`: the target has taken it. `refused`: it said no. `unanswered`: it said nothing. `dry run`: nothing was sent, there is no key. */
  readonly outcome: 'delivered' | 'refused' | 'unanswered' | 'dry run';
  readonly status?: number;
  /** As much as was read, keys of the request masked. */
  readonly body?: string;
  readonly message?: string;
  readonly ms?: number;
}

/** Answer of `POST /api/tester/send`. */
export interface SendAnswer {
  readonly sent: readonly SentAnswer[];
  /** Events that were not sent, by their place in the body, with the reason. */
  readonly kept: readonly { readonly event: number; readonly why: string }[];
}

export interface TesterRoutes {
  /** Bodies to begin with, out of the fixtures of this version, and the workspaces that there are. */
  readonly samples: { role: 'read'; answer: SamplesAnswer };
  /**
   * Says what would become of each event of a body: the requests with their keys masked, each decision, and which fields of the event each field comes from. Nothing is sent or stored. It ends after
   * 50 events, or half a second.
   *
   * @example {"source":"segment","body":{"type":"track","event":"Order Completed","userId":"user-42"}}
   */
  readonly tester: {
    role: 'read';
    body: TesterBody;
    answer: TesterAnswer;
    errors: 'BODY_TOO_LARGE' | 'TESTER_BODY_INVALID';
  };
  /**
   * Sends the events of a body at once, with the keys of their workspace and the settings in force, and tells what each target answers. It goes beside the outbox: nothing is sent again, and nothing is
   * remembered as a duplicate. Deletions and changes of lists are not sent, and of the others the first ten. A workspace without a key is a dry run here, too.
   * A body with fields that were masked where it was taken from (`[redacted]`) is refused.
   *
   * @example {"source":"segment","body":{"type":"track","event":"Order Completed","userId":"user-42"}}
   */
  readonly sendTested: {
    role: 'write';
    body: SendBody;
    answer: SendAnswer;
    errors: 'BODY_TOO_LARGE' | 'TESTER_BODY_INVALID' | 'TESTER_BODY_MASKED' | 'WORKSPACE_NOT_NAMED';
  };
}
