// Answers POST /deleteUsers: rudder-server's regulation worker asks to delete users at a destination.

import { describeError, ERRORS, type ErrorCode, PluginError } from '../../base/errors.js';
import type { ErrorText } from '../../http/error-text.js';
import type { NoteRefusal, Refused } from '../../http/refusals.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { RoutedRequest, RouteHandler } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import type { Notes } from '../../model/notes.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { baseUrlOf } from '../../settings/base-url.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { type EndpointCheck, isStatsigs } from '../../statsig/statsig-endpoints.js';
import type { DeleteNow, DeletionJob } from '../../targets/statsig-deletions/delete-now.js';
import type { StatsigProject } from '../../targets/statsig-deletions/request.js';
import { noteAnyId } from '../../transform/doubtful-id.js';
import { findLongId } from '../../transform/size-limits.js';
import { toVisibleId } from '../../transform/visible-id.js';
import { assertBatchLength } from '../request-limits.js';
import { isStatsig, NOT_OURS } from './destination-type.js';
import { type OwnerField, readUnlessOthers } from './read-unless-others.js';
import type { DestinationResolver } from './resolve-destination.js';
import { DeliveryTally } from './tally.js';
import type { Upstream } from './upstream.js';

/** The regulation worker sends one job at a time. They are carried out one after the other. */
const MAX_JOBS = 1000;

/** Of all jobs of a request. */
const MAX_USERS = 100_000;

const JOB_TYPE: OwnerField = { name: 'destType', level: 2, isOurs: isStatsig };

/** What the route works with. */
export interface DeleteUsersDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly resolver: DestinationResolver;
  readonly isAllowedEndpoint: EndpointCheck;
  readonly upstream: Upstream | undefined;
  readonly deletions: { readonly deleteNow: DeleteNow };
  /** Told what became of each job that was carried out. */
  readonly onDeleted: (tally: DeliveryTally) => void;
  /** Told of each job that is refused here. */
  readonly onRefused: NoteRefusal;
  /** Told of the oddities of a job that is taken. */
  readonly onNoted: (workspaceId: string, notes: Notes) => void;
}

/** The answer to one job. */
interface JobResponse {
  readonly statusCode: number;
  readonly status: 'successful' | 'failed';
  readonly error?: string;
}

function failed(statusCode: number, error: string): JobResponse {
  // The worker gives a job up at these two: they would say that there is no deletion of users here.
  const isFinal = statusCode === 404 || statusCode === 405;
  return { statusCode: isFinal ? 400 : statusCode, status: 'failed', error };
}

function refused(code: ErrorCode, path: string, detail?: string): RefusedJob {
  return { kind: 'refused', code, message: describeError(code, path, detail) };
}

/** The ids of all users of a job; `undefined` when it names none, or one of them has no id. */
function readUserIds({ userAttributes }: JsonObject): readonly string[] | undefined {
  if (!Array.isArray(userAttributes) || userAttributes.length === 0) return undefined;
  const ids = userAttributes.map((each: unknown) => (isJsonObject(each) ? toVisibleId(each.userId) : undefined));
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

/** Why a job is refused before anything is done. */
interface RefusedJob {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
}

type ReadJob = { readonly kind: 'ready'; readonly job: DeletionJob } | RefusedJob;

/** A Config without a URL of its own has that of the documents with its key. */
function findProject(
  config: JsonObject,
  { resolver, isAllowedEndpoint }: DeleteUsersDeps,
  documents: (key: string) => WorkspaceStore['documents'],
): StatsigProject | RefusedJob {
  const resolved = resolver.resolve({}, { Config: config });
  if (resolved.kind === 'invalid') {
    const { code, path, detail } = resolved;
    return refused(code, path.replace('destination.Config', 'config'), detail);
  }
  const { secretKey, apiUrl, webhookEndpoint } = resolved.workspace;
  if (secretKey === undefined) return refused('SECRET_KEY_MISSING', 'config.secretKey');
  const owners = documents(secretKey.reveal());
  const [document] = owners;
  const namesUrl = config.apiUrl !== undefined && config.apiUrl !== null && config.apiUrl !== '';
  if (!namesUrl && document !== undefined) return { secretKey, apiUrl: baseUrlOf(document.settings, 'apiUrl') };
  const isOwn = isStatsigs('apiUrl', apiUrl) || owners.some(({ settings }) => baseUrlOf(settings, 'apiUrl') === apiUrl);
  if (document !== undefined && !isOwn) return refused('KEY_ADDRESS_REFUSED', 'config.apiUrl');
  // The webhook's endpoint is allowed where its base URL is.
  if (!isAllowedEndpoint(webhookEndpoint)) return refused('ENDPOINT_NOT_ALLOWED', 'config.apiUrl');
  return { secretKey, apiUrl };
}

function readJob(job: JsonObject, deps: DeleteUsersDeps): ReadJob {
  const userIds = readUserIds(job);
  if (userIds === undefined) return refused('DELETION_USER_MISSING', 'userAttributes');
  for (const [index, userId] of userIds.entries()) {
    const long = findLongId(userId, `userAttributes[${index}].userId`);
    if (long !== undefined) return refused(long.code, long.path, long.detail);
  }
  const project = findProject(isJsonObject(job.config) ? job.config : {}, deps, deps.store.findBySecretKey);
  if ('kind' in project) return project;
  const jobId = typeof job.jobId === 'string' || typeof job.jobId === 'number' ? String(job.jobId) : undefined;
  const workspaceIds = deps.store.findBySecretKey(project.secretKey.reveal()).map(({ id }) => id);
  const notes = noteAnyId(userIds);
  if (notes !== undefined) deps.onNoted(workspaceIds[0] ?? '', notes);
  return { kind: 'ready', job: { project, workspaceIds, userIds, jobId } };
}

async function answerJob(request: RoutedRequest, job: JsonObject, deps: DeleteUsersDeps): Promise<JobResponse> {
  const read = readJob(job, deps);
  if (read.kind === 'refused') {
    deps.onRefused(request, read);
    return failed(ERRORS[read.code].status, read.message);
  }
  const verdict = await deps.deletions.deleteNow(read.job);
  const tally = new DeliveryTally();
  tally.add(verdict, read.job.workspaceIds[0] ?? '');
  deps.onDeleted(tally);
  const { kind, status, message } = verdict;
  return kind === 'delivered' ? { statusCode: 200, status: 'successful' } : failed(status, message);
}

/** A fault of the whole request: the worker reads nothing but a list. */
export const deletionsErrorText: ErrorText = ({ status, message }) => JSON.stringify([failed(status, message)]);

/**
 * Our jobs in a body.
 *
 * @returns `undefined` when none is ours
 * @throws PluginError BODY_NOT_DELETIONS when only some of them are; BATCH_TOO_LONG
 */
function readJobs(body: unknown): readonly JsonObject[] | undefined {
  if (!Array.isArray(body)) return undefined;
  const jobs = body.filter((job: unknown) => isJsonObject(job) && isStatsig(job.destType));
  if (jobs.length === 0) return undefined;
  if (jobs.length < body.length)
    throw new PluginError('BODY_NOT_DELETIONS', 'jobs of statsig and of other destination types in one request');
  assertBatchLength(jobs.length, MAX_JOBS);
  const users = jobs.map(({ userAttributes }) => (Array.isArray(userAttributes) ? userAttributes.length : 0));
  assertBatchLength(
    users.reduce((sum, count) => sum + count, 0),
    MAX_USERS,
  );
  return jobs;
}

/**
 * The answers to jobs of other types where there is no upstream: the worker gives them up, and reads nothing but a list.
 *
 * @throws PluginError BODY_NOT_DELETIONS, BATCH_TOO_LONG
 */
function refuseOthers(body: unknown, onRefused: (refused: Refused) => void): readonly JobResponse[] {
  const isOfOthers = Array.isArray(body) && body.some((job: unknown) => isJsonObject(job) && 'destType' in job);
  if (!isOfOthers) throw new PluginError('BODY_NOT_DELETIONS');
  assertBatchLength(body.length, MAX_JOBS);
  const { status, code, message } = new PluginError('ROUTE_UNKNOWN', NOT_OURS);
  return body.map(() => {
    onRefused({ code, message });
    return { statusCode: status, status: 'failed', error: message };
  });
}

/**
 * Serves the route. Jobs of other types go to the upstream transformer, bytes untouched, and so does what no one can read. The answer holds an entry per job; its HTTP status is that of the first one
 * that failed, because the worker reads that one (RudderStack's regulation worker).
 */
export function createDeleteUsersHandler(deps: DeleteUsersDeps): RouteHandler {
  const { reader, store, upstream } = deps;
  return (request, response) =>
    reader.withBody(request, async (body) => {
      const read = () => body.parse();
      const parsed = await (upstream === undefined ? read() : readUnlessOthers(body, JOB_TYPE, read));
      const jobs = readJobs(parsed);
      if (jobs === undefined) {
        if (upstream !== undefined) return upstream.forward(request, response, body.raw);
        const answers = refuseOthers(parsed, (refused) => deps.onRefused(request, refused));
        sendJsonText(response, ERRORS.ROUTE_UNKNOWN.status, JSON.stringify(answers));
        return;
      }
      if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
      const answers: JobResponse[] = [];
      for (const job of jobs) answers.push(await answerJob(request, job, deps));
      const status = answers.find(({ status }) => status === 'failed')?.statusCode ?? 200;
      sendJsonText(response, status, JSON.stringify(answers));
    });
}
